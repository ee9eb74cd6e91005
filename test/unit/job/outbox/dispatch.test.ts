import { describe, expect, test } from "vitest";
import { dispatchOf, ownEvents, refOf } from "../../../../src/job/outbox/dispatch.ts";
import type { JobEnvelope } from "../../../../src/model/event.ts";
import { job } from "../builders.ts";

const page = (...names: readonly string[]) =>
  names.map((event, index) => ({ seq: index + 1, envelope: { event } as JobEnvelope }));

describe("a source counts beside what answers tell", () => {
  test.each([
    [
      "nothing that a webhook led to",
      ["job.created", "job.finished"],
      0,
      { trailing: false, events: null },
    ],
    [
      "a stall",
      ["job.created", "job.stalled"],
      0,
      { trailing: false, events: { "job.stalled": 1 } },
    ],
    [
      "with a stall the progress before it that no answer has told",
      ["job.stalled"],
      0,
      { trailing: true, events: { "job.stalled": 1, "job.progress": 1 } },
    ],
    [
      "each stored file",
      ["job.finished", "job.archived", "job.archived"],
      0,
      { trailing: false, events: { "job.archived": 2 } },
    ],
    [
      "nothing twice that may have been sent before",
      ["job.stalled", "job.archived"],
      1,
      { trailing: false, events: { "job.archived": 1 } },
    ],
    [
      "a stall alone where an event follows it, although progress was not told",
      ["job.stalled", "job.archived"],
      0,
      { trailing: true, events: { "job.stalled": 1, "job.archived": 1 } },
    ],
    [
      "a stall alone where its answer has told the progress",
      ["job.progress", "job.stalled"],
      0,
      { trailing: false, events: { "job.stalled": 1 } },
    ],
    [
      "a stored file alone, whatever was not told",
      ["job.archived"],
      0,
      { trailing: true, events: { "job.archived": 1 } },
    ],
    [
      "a stall that a webhook's event follows without the progress before it",
      ["job.stalled", "job.finished"],
      0,
      { trailing: true, events: { "job.stalled": 1 } },
    ],
    [
      "nothing when all of it may have been sent before",
      ["job.stalled"],
      1,
      { trailing: true, events: null },
    ],
  ] as const)("%s", (_, names, attempted, { trailing, events }) => {
    expect(ownEvents(page(...names), { attempted, trailing })).toEqual(events);
  });
});

describe("an event leaves", () => {
  const envelope = { event: "job.finished" } as JobEnvelope;
  const raw = { contentType: "text/plain", body: Uint8Array.of(1) };
  test.each([
    ["alone", null, undefined, {}],
    ["with the provider's bytes", raw, undefined, { raw }],
    ["with the mark of a replay", null, "r1", { replay: "r1" }],
    ["with both", raw, "r1", { raw, replay: "r1" }],
  ])("%s", (_, given, replay, more) => {
    const event = { envelope, traceparent: "00-1-2-01", raw: given };
    expect(dispatchOf(event, "exportcomments", replay)).toEqual({
      event: envelope,
      provider: "exportcomments",
      traceparent: "00-1-2-01",
      ...more,
    });
    expect(Object.keys(dispatchOf(event, "exportcomments", replay))).toHaveLength(
      3 + Object.keys(more).length,
    );
  });
});

test("an index lists a job with its account, status, event and instants", () => {
  expect(
    refOf(job({ guid: "g1", account: "acme", status: "done", event: "job.finished" })),
  ).toEqual({
    guid: "g1",
    account: "acme",
    status: "done",
    event: "job.finished",
    createdAt: 1_000,
    updatedAt: 1_000,
  });
});
