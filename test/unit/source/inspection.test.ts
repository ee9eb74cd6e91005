import { describe, expect, test } from "vitest";
import type { Rejection, Tally } from "../../../src/model/messages.ts";
import {
  addTally as addWithStamp,
  countsOf,
  MAX_REJECTED,
  EMPTY_INSPECTION,
  SAVE_INTERVAL,
  saveAt,
  withKept,
  type Inspection,
} from "../../../src/source/inspection.ts";
import { NO_LATENCY } from "../../../src/model/measures.ts";
import { NO_REFUSALS } from "../../../src/source/refusals.ts";

const stamp = () => ({ id: "evt_1", at: 0, traceparent: "t" });
const addTally = (before: Inspection, added: Tally, now: number): Inspection =>
  addWithStamp(before, added, now, stamp);

const record = (at: number): Rejection => ({
  at,
  status: 401,
  reason: "mismatch",
  method: "POST",
  headers: {},
  body: null,
});

const tally = (changes: Partial<Tally> = {}): Tally => ({
  counts: { accepted: 1, duplicate: 2, ignored: 3, refused: 4 },
  seenAt: null,
  rejected: [],
  ...changes,
});

describe("what a source remembers", () => {
  test("adds up, since the first tally", () => {
    const once = addTally(EMPTY_INSPECTION, tally({ seenAt: 5 }), 10);
    expect(addTally(once, tally(), 20)).toEqual({
      counts: { accepted: 2, duplicate: 4, ignored: 6, refused: 8 },
      since: 10,
      seenAt: 5,
      measures: { events: {}, latency: NO_LATENCY },
      refusals: NO_REFUSALS,
      rejected: [],
    });
  });

  test("counts what was refused since a verified webhook came last", () => {
    const refused = { rejected: [record(4), record(6), record(7)] };
    const inARow = (seenAt: number | null): number | undefined =>
      countsOf(addTally(EMPTY_INSPECTION, tally({ ...refused, seenAt }), 1)).refusedInARow;
    expect([null, 5, 7].map(inARow)).toEqual([3, 2, 0]);
  });

  test("goes on from what an earlier version stored, which measured nothing", () => {
    const { measures: _, ...earlier } = EMPTY_INSPECTION;
    const latency = { counts: [1, ...NO_LATENCY.counts.slice(1)], sum: 4 };
    expect(addTally(earlier, tally({ events: { "job.created": 1 }, latency }), 1).measures).toEqual(
      {
        events: { "job.created": 1 },
        latency,
      },
    );
  });

  test("knows when the source was seen last, in whatever order isolates tell", () => {
    const merged = [7, null, 3].reduce(
      (known, seenAt) => addTally(known, tally({ seenAt }), 1),
      EMPTY_INSPECTION,
    );
    expect(merged.seenAt).toBe(7);
  });

  test("lists refused requests newest first, in whatever order isolates tell", () => {
    const merged = addTally(
      addTally(EMPTY_INSPECTION, tally({ rejected: [record(2), record(4)] }), 1),
      tally({ rejected: [record(1), record(3)] }),
      1,
    );
    expect(merged.rejected.map(({ at }) => at)).toEqual([4, 3, 2, 1]);
  });

  test("keeps the newest hundred", () => {
    const many = Array.from({ length: MAX_REJECTED }, (_, index) => record(index));
    const full = addTally(EMPTY_INSPECTION, tally({ rejected: many }), 1);
    expect(full.rejected).toHaveLength(MAX_REJECTED);
    const one = addTally(full, tally({ rejected: [record(MAX_REJECTED)] }), 1);
    expect([one.rejected.length, one.rejected[0]?.at, one.rejected.at(-1)?.at]).toEqual([
      MAX_REJECTED,
      MAX_REJECTED,
      1,
    ]);
  });
});

const of = (reason: string, at: number): Rejection => ({ ...record(at), reason });
const flood = (reason: string, from: number, count: number): readonly Rejection[] =>
  Array.from({ length: count }, (_, index) => of(reason, from + index));

describe("refused requests of several reasons", () => {
  test("push away none of another reason, however many a stranger sends", () => {
    const genuine = addTally(
      EMPTY_INSPECTION,
      tally({ rejected: [of("wrong-secret", 1), of("timestamp-too-old by 400 s", 2)] }),
      1,
    );
    const flooded = [0, 1, 2, 3].reduce(
      (known, round) =>
        addTally(known, tally({ rejected: flood("missing-signature", 10 + 50 * round, 50) }), 1),
      genuine,
    );
    expect(flooded.rejected).toHaveLength(MAX_REJECTED);
    expect(flooded.rejected.slice(-2).map(({ reason }) => reason)).toEqual([
      "timestamp-too-old by 400 s",
      "wrong-secret",
    ]);
    expect(flooded.rejected[0]?.at).toBe(209);
  });

  test("share the room: the newest half of two that both come without end", () => {
    const both = [...flood("missing-signature", 1_000, 90), ...flood("wrong-secret", 10, 90)];
    const { rejected } = addTally(EMPTY_INSPECTION, tally({ rejected: both }), 1);
    const older = rejected.filter(({ reason }) => reason === "wrong-secret");
    expect([rejected.length, older.length, older[0]?.at]).toEqual([MAX_REJECTED, 50, 99]);
  });

  test("count as one where they differ in their numbers alone", () => {
    const skewed = Array.from({ length: MAX_REJECTED }, (_, index) =>
      of(`timestamp-too-old by ${index} s`, 10 + index),
    );
    const { rejected } = addTally(
      addTally(EMPTY_INSPECTION, tally({ rejected: [of("wrong-secret", 1)] }), 1),
      tally({ rejected: skewed }),
      1,
    );
    expect(rejected.at(-1)?.reason).toBe("wrong-secret");
  });
});

describe("refused requests that are kept whole", () => {
  const listed = [record(5), { ...record(3), n: 7 }, { ...record(1), n: 6 }];

  test("take the place of what was listed of them, newest first", () => {
    const kept = { ...record(3), n: 7, body: "whole" };
    const older = { ...record(2), n: 4, body: "whole" };
    expect(withKept(listed, [older, kept])).toEqual([record(5), kept, older, listed[2]]);
  });

  test("change nothing where there are none", () => {
    expect(withKept(listed, [])).toBe(listed);
  });
});

describe("it is written", () => {
  test.each([
    ["at once when nothing was written yet", null, 1_000],
    ["at once when that is long ago", 1_000 - SAVE_INTERVAL, 1_000],
    ["later when it is not", 900, 900 + SAVE_INTERVAL],
  ])("%s", (_, savedAt, expected) => {
    expect(saveAt(1_000, savedAt)).toBe(expected);
  });
});
