import { describe, expect, test } from "vitest";
import { ownEvents } from "../../../../src/job/outbox/dispatch.ts";
import type { JobEnvelope } from "../../../../src/model/event.ts";

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
      "nothing when all of it may have been sent before",
      ["job.stalled"],
      1,
      { trailing: true, events: null },
    ],
  ] as const)("%s", (_, names, attempted, { trailing, events }) => {
    expect(ownEvents(page(...names), { attempted, trailing })).toEqual(events);
  });
});
