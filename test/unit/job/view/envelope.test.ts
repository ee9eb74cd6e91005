// What an emission looks like to everyone outside.

import { describe, expect, test } from "vitest";
import type { Emission } from "../../../../src/job/decision.ts";
import { envelopeOf } from "../../../../src/job/view/envelope.ts";
import { snapshotOf } from "../../../../src/job/state.ts";
import { anUpdate, job } from "../builders.ts";

const NOW = 1_795_287_600_000;

const emission = (fields: Partial<Emission>): Emission => ({
  event: "job.progress",
  update: anUpdate(),
  record: null,
  absorbed: 0,
  state: job({
    seq: 3,
    current: 678,
    total: 1_500,
    details: { totalExported: 678, total: 1_500, url: "https://x.example/v" },
  }),
  ...fields,
});

describe("envelopeOf", () => {
  test("progress has numbers and the count of what was absorbed", () => {
    expect(envelopeOf(emission({ absorbed: 4 }), "evt_1", NOW)).toEqual({
      version: "v3-beta",
      event: "job.progress",
      guid: "g-1",
      status: "progress",
      url: null,
      details: {
        guid: "g-1",
        status: "progress",
        url: "https://x.example/v",
        totalExported: 678,
        total: 1_500,
      },
      current: 678,
      total: 1_500,
      id: "evt_1",
      seq: 3,
      attempt: 1,
      source: "comments",
      account: "acme",
      time: "2026-11-21T19:00:00.000Z",
      absorbed: 4,
    });
  });

  test("an absorbed count of zero is left out", () => {
    expect(envelopeOf(emission({ absorbed: 0 }), "evt_1", NOW)).not.toHaveProperty("absorbed");
  });

  test("numbers that nobody knows are left out", () => {
    const envelope = envelopeOf(
      emission({ state: job({ current: null, total: null }) }),
      "evt_1",
      NOW,
    );
    expect([Object.hasOwn(envelope, "current"), Object.hasOwn(envelope, "total")]).toEqual([
      false,
      false,
    ]);
  });

  test("zero is a number", () => {
    expect(
      envelopeOf(emission({ state: job({ current: 0, total: 0 }) }), "evt_1", NOW),
    ).toMatchObject({ current: 0, total: 0 });
  });

  test("the end has no current and total, its url, and the provider's own instant", () => {
    const state = job({
      seq: 9,
      status: "done",
      url: "https://x.example/file",
      current: 700,
      total: 700,
      details: { totalExported: 700 },
      lifecycle: { attempt: 2, phase: "finished", requeued: true, beganAt: null, seen: [] },
    });
    const ended = emission({
      event: "job.finished",
      update: anUpdate({ event: "job.finished", url: "https://x.example/file", occurredAt: 1_000 }),
      state,
    });
    expect(envelopeOf(ended, "evt_2", NOW)).toEqual({
      version: "v3-beta",
      event: "job.finished",
      guid: "g-1",
      status: "done",
      url: "https://x.example/file",
      details: { guid: "g-1", status: "done", totalExported: 700 },
      id: "evt_2",
      seq: 9,
      attempt: 2,
      source: "comments",
      account: "acme",
      time: "2026-11-21T19:00:00.000Z",
      occurredAt: "1970-01-01T00:00:01.000Z",
    });
  });

  test("guid and status of the details are the job's own, whatever the provider wrote there", () => {
    const state = job({ details: { guid: "other", status: "processing" } });
    expect(envelopeOf(emission({ state }), "evt_1", NOW).details).toEqual({
      guid: "g-1",
      status: "progress",
    });
  });

  test("job.stalled repeats the last status and says no provider's instant", () => {
    const envelope = envelopeOf(
      emission({
        event: "job.stalled",
        update: null,
        state: job({ event: "job.stalled", current: 5 }),
      }),
      "evt_3",
      NOW,
    );
    expect(envelope).toEqual({
      version: "v3-beta",
      event: "job.stalled",
      guid: "g-1",
      status: "progress",
      url: null,
      details: { guid: "g-1", status: "progress" },
      id: "evt_3",
      seq: 1,
      attempt: 1,
      source: "comments",
      account: "acme",
      time: "2026-11-21T19:00:00.000Z",
    });
  });
});

test("the public form of a job has every documented field and ISO instants", () => {
  const state = job({
    current: 3,
    total: 4,
    finishedAt: 2_000,
    absorbed: 5,
    late: 6,
    conflicts: 7,
    details: { a: 1 },
    error: "no",
    url: "https://x.example",
  });
  expect(snapshotOf(state)).toEqual({
    source: "comments",
    guid: "g-1",
    account: "acme",
    provider: "exportcomments",
    status: "progress",
    event: "job.started",
    current: 3,
    total: 4,
    url: "https://x.example",
    error: "no",
    attempt: 1,
    seq: 1,
    createdAt: "1970-01-01T00:00:01.000Z",
    updatedAt: "1970-01-01T00:00:01.000Z",
    finishedAt: "1970-01-01T00:00:02.000Z",
    stalled: false,
    absorbed: 5,
    late: 6,
    conflicts: 7,
    details: { a: 1, guid: "g-1", status: "progress" },
  });
});

test("a failed conversion shows no url of its own, and leaves the job's download where it is", () => {
  const state = job({
    event: "job.convert.failed",
    status: "error",
    url: "https://x.example/file",
  });
  const failed = emission({
    event: "job.convert.failed",
    update: anUpdate({ event: "job.convert.failed", url: null }),
    state,
  });
  expect({ envelope: envelopeOf(failed, "evt_3", NOW).url, job: state.url }).toEqual({
    envelope: null,
    job: "https://x.example/file",
  });
});
