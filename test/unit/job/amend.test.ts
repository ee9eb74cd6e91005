// The second form of an end: what it adds to the first, and when it adds nothing.

import { describe, expect, test } from "vitest";
import { decideAmendment as decide, repeatsEnd, type Amendment } from "../../../src/job/amend.ts";
import type { JobEnvelope } from "../../../src/model/event.ts";
import type { JobState, StoredUpdate } from "../../../src/job/state.ts";
import { anUpdate, job } from "./builders.ts";

/** The amendment of a source that redacts nothing by default. */
const decideAmendment = (
  state: JobState,
  envelope: JobEnvelope,
  update: StoredUpdate,
  redact: readonly string[] = [],
): Amendment | null => decide(state, envelope, update, redact);

const URL = "https://x.example/file";

const finished: JobState = job({
  seq: 4,
  event: "job.finished",
  status: "done",
  lifecycle: {
    attempt: 1,
    phase: "finished",
    requeued: false,
    beganAt: null,
    seen: ["job.finished"],
  },
  finishedAt: 1_000,
  details: { note: "short" },
});

const end: JobEnvelope = {
  version: "v3-beta",
  event: "job.finished",
  guid: "g-1",
  status: "done",
  url: null,
  details: { note: "short", guid: "g-1", status: "done" },
  id: "evt_4",
  seq: 4,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};

describe("an amendment", () => {
  test("adds link, numbers and details under the same id and seq", () => {
    const update = anUpdate({
      event: "job.finished",
      url: URL,
      current: 7,
      total: 9,
      details: { note: "long", guid: "other", skipRate: 0.2, url: URL, nothing: null },
    });
    const details = {
      note: "short",
      guid: "g-1",
      status: "done",
      skipRate: 0.2,
      url: URL,
      totalExported: 7,
      total: 9,
    };
    expect(decideAmendment(finished, end, update)).toEqual({
      envelope: { ...end, url: URL, details },
      state: { ...finished, url: URL, current: 7, total: 9, details },
    });
  });

  test("adds details whose names every object knows", () => {
    const details = { constructor: "a", toString: "b" };
    const update = anUpdate({ event: "job.finished", url: URL, details });
    const amended = decideAmendment(finished, end, update);
    expect(amended?.envelope.details).toEqual({ ...end.details, ...details });
  });

  test("adds the error of a failure", () => {
    const failed = { ...finished, event: "job.failed", status: "error" } as const;
    const envelope = { ...end, event: "job.failed", status: "error" } as const;
    const update = anUpdate({ event: "job.failed", error: "gone", details: { error: "gone" } });
    expect(decideAmendment(failed, envelope, update)).toMatchObject({
      envelope: { id: "evt_4", details: { error: "gone" } },
      state: { error: "gone" },
    });
  });

  test("of an end that other events followed leaves their link and details", () => {
    const converted: JobState = {
      ...finished,
      seq: 5,
      event: "job.convert.done",
      url: "https://x.example/csv",
    };
    const update = anUpdate({ event: "job.finished", url: URL, error: "slow" });
    expect(decideAmendment(converted, end, update)).toEqual({
      envelope: { ...end, url: URL },
      state: converted,
    });
  });

  test.each([
    { name: "nothing new", fields: {} },
    { name: "details alone", fields: { details: { more: 1 } } },
    {
      name: "another link than the one that is known",
      known: "https://x.example/a",
      fields: { url: URL },
    },
  ])("is none when the update has $name", ({ known = null, fields }) => {
    const update = anUpdate({ event: "job.finished", ...fields });
    expect(decideAmendment({ ...finished, url: known }, { ...end, url: known }, update)).toBe(null);
  });

  test.each([
    { number: "current", before: { current: 5 }, fields: { current: 7 } },
    { number: "total", before: { total: 5 }, fields: { total: 7 } },
  ])("adds a $number where none is known, and leaves one that is", ({ before, fields }) => {
    const update = anUpdate({ event: "job.finished", ...fields });
    expect(decideAmendment({ ...finished, ...before }, end, update)).toBe(null);
    expect(decideAmendment(finished, end, update)?.state).toMatchObject(fields);
  });

  test("leaves the error that is known", () => {
    const known = { ...end, details: { ...end.details, error: "gone" } };
    const update = anUpdate({ event: "job.finished", error: "other" });
    expect(decideAmendment({ ...finished, error: "gone" }, known, update)).toBe(null);
  });

  test("adds no number to the details that the source redacts", () => {
    const update = anUpdate({ event: "job.finished", url: URL, current: 7, total: 9 });
    expect(decideAmendment(finished, end, update, ["totalExported", "total"])).toMatchObject({
      envelope: { url: URL, details: end.details },
    });
  });

  test("is none when the event would not fit into a row", () => {
    const bytesOf = (length: number): number | null => {
      const update = anUpdate({
        event: "job.finished",
        url: URL,
        details: { long: "x".repeat(length) },
      });
      const amendment = decideAmendment(finished, end, update);
      return amendment === null ? null : JSON.stringify(amendment.envelope).length;
    };
    const longest = 1_800_000 - (bytesOf(0) ?? 0);
    expect([bytesOf(longest), bytesOf(longest + 1)]).toEqual([1_800_000, null]);
    const wide = { long: "é".repeat(900_001) };
    const update = anUpdate({ event: "job.finished", url: URL, details: wide });
    expect(decideAmendment(finished, end, update)).toBe(null);
  });
});

describe("an update repeats the end", () => {
  test.each([
    { name: "of the same kind", state: finished, event: "job.finished", repeats: true },
    { name: "of another kind", state: finished, event: "job.failed", repeats: false },
    { name: "that did not come yet", state: job(), event: "job.finished", repeats: false },
    { name: "with progress", state: finished, event: "job.progress", repeats: false },
  ] as const)("$name: $repeats", ({ state, event, repeats }) => {
    expect(repeatsEnd(state, anUpdate({ event }), 9_000)).toBe(repeats);
  });

  test("not when it happened before the attempt began: it belongs to the one before", () => {
    const lifecycle = { ...finished.lifecycle, attempt: 2, beganAt: 5_000 };
    const repeats = [3_500, 5_500].map((occurredAt) =>
      repeatsEnd(
        { ...finished, lifecycle },
        anUpdate({ event: "job.finished", occurredAt }),
        9_000,
      ),
    );
    expect(repeats).toEqual([false, true]);
  });
});
