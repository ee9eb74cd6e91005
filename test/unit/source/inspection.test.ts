import { describe, expect, test } from "vitest";
import type { Rejection, Tally } from "../../../src/model/messages.ts";
import {
  inspected,
  MAX_REJECTED,
  NOTHING,
  SAVE_EVERY,
  saveAt,
} from "../../../src/source/inspection.ts";

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
    const once = inspected(NOTHING, tally({ seenAt: 5 }), 10);
    expect(inspected(once, tally(), 20)).toEqual({
      counts: { accepted: 2, duplicate: 4, ignored: 6, refused: 8 },
      since: 10,
      seenAt: 5,
      rejected: [],
    });
  });

  test("knows when the source was seen last, in whatever order isolates tell", () => {
    const told = [7, null, 3].reduce(
      (known, seenAt) => inspected(known, tally({ seenAt }), 1),
      NOTHING,
    );
    expect(told.seenAt).toBe(7);
  });

  test("lists refused requests newest first, in whatever order isolates tell", () => {
    const told = inspected(
      inspected(NOTHING, tally({ rejected: [record(2), record(4)] }), 1),
      tally({ rejected: [record(1), record(3)] }),
      1,
    );
    expect(told.rejected.map(({ at }) => at)).toEqual([4, 3, 2, 1]);
  });

  test("keeps the newest hundred", () => {
    const many = Array.from({ length: MAX_REJECTED }, (_, index) => record(index));
    const full = inspected(NOTHING, tally({ rejected: many }), 1);
    expect(full.rejected).toHaveLength(MAX_REJECTED);
    const one = inspected(full, tally({ rejected: [record(MAX_REJECTED)] }), 1);
    expect([one.rejected.length, one.rejected[0]?.at, one.rejected.at(-1)?.at]).toEqual([
      MAX_REJECTED,
      MAX_REJECTED,
      1,
    ]);
  });
});

describe("it is written", () => {
  test.each([
    ["at once when nothing was written yet", null, 1_000],
    ["at once when that is long ago", 1_000 - SAVE_EVERY, 1_000],
    ["later when it is not", 900, 900 + SAVE_EVERY],
  ])("%s", (_, savedAt, expected) => {
    expect(saveAt(1_000, savedAt)).toBe(expected);
  });
});
