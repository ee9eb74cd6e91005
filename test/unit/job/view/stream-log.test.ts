// A job's log as its stream reads it.

import { describe, expect, test } from "vitest";
import { entryOf, streamLogOf, type JobLogSource } from "../../../../src/job/view/stream-log.ts";
import { envelope } from "../../stream/log-fixture.ts";
import { job } from "../builders.ts";

const source = (loaded: ReturnType<JobLogSource["load"]>): JobLogSource => ({
  load: () => loaded,
  events: {
    after: (seq, limit) =>
      [1, 2, 3]
        .filter((each) => each > seq)
        .slice(0, limit)
        .map((each) => ({ envelope: envelope("g1", each), rest: undefined })),
  },
});

describe("the log of a job", () => {
  const log = streamLogOf(source({ epoch: "0a1b", state: job({ guid: "g1", seq: 3 }) }));

  test("begins at its first event and ends at its last", () => {
    expect([log.epoch(), log.bounds()]).toEqual(["0a1b", { first: 1, last: 3 }]);
    expect(log.snapshot([])).toMatchObject({ guid: "g1", seq: 3 });
  });

  test("is read on the job's own channel, and has nothing on others", () => {
    expect(log.read(1, 5, ["export.g1.job"]).map(({ offset }) => offset)).toEqual([2, 3]);
    expect(log.read(0, 1, ["export.g1.job"]).map(({ offset }) => offset)).toEqual([1]);
    expect(log.read(0, 5, ["export.g2.job"])).toEqual([]);
  });

  test("of a job that does not exist cannot be read", () => {
    expect(() => streamLogOf(source(null)).epoch()).toThrow(
      "a job that does not exist has no stream",
    );
  });
});

test("an entry says what its event does not say of the job, where that is known", () => {
  const event = envelope("g1", 2);
  const entry = { offset: 2, channels: ["export.g1.job"], event };
  expect(entryOf({ envelope: event, rest: { absorbed: 1 } })).toEqual({
    ...entry,
    job: { absorbed: 1 },
  });
  expect(entryOf({ envelope: event })).toEqual(entry);
});
