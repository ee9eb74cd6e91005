// The estimate of the time left: right at a steady pace, calm at any other.

import { array, integer, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  NO_PACE,
  steady,
  timeLeft,
  withProgress,
  wordsOf,
  type Pace,
} from "../../../src/watch/time-left.ts";
import { falsified } from "../kernel/falsified.ts";

/** The page's clock is not the relay's. */
const SKEW = 7_000_000;

/** Plays progress: pairs of the relay's seconds and an amount, of `total`. */
const played = (steps: readonly (readonly [number, number])[], total: number | null): Pace =>
  steps.reduce(
    (pace, [second, current]) =>
      withProgress(pace, { at: 1_000 * second, current, total, now: 1_000 * second + SKEW }),
    NO_PACE,
  );

const leftAt = (pace: Pace, second: number): number | null => {
  const left = timeLeft(pace, 1_000 * second + SKEW);
  return left === null ? null : left / 1_000;
};

describe("the time left", () => {
  test("at a steady pace is what remains, and goes down with the clock", () => {
    const pace = played(
      [0, 5, 10, 15, 20].map((second) => [second, 10 * second]),
      1_000,
    );
    expect([20, 21, 50, 79].map((second) => leftAt(pace, second))).toEqual([80, 79, 50, 21]);
  });

  test.each([
    ["before any progress", [], 100],
    ["after the first value", [[0, 10]], 100],
    [
      "while nothing moves",
      [
        [0, 10],
        [5, 10],
        [10, 10],
      ],
      100,
    ],
    [
      "without a total",
      [
        [0, 10],
        [5, 20],
      ],
      null,
    ],
    [
      "after less than two seconds",
      [
        [0, 10],
        [1, 20],
      ],
      100,
    ],
  ] satisfies readonly (readonly [
    string,
    readonly (readonly [number, number])[],
    number | null,
  ])[])("is not known %s", (_, steps, total) => {
    expect(leftAt(played(steps, total), 10)).toBeNull();
  });

  test("is not known any more when nothing was heard for a minute, or for three usual steps", () => {
    const quick = played(
      [
        [0, 10],
        [5, 20],
        [10, 30],
      ],
      1_000,
    );
    expect([leftAt(quick, 69), leftAt(quick, 71)]).toEqual([426, null]);
    const slow = played(
      [
        [0, 10],
        [100, 20],
        [200, 30],
      ],
      1_000,
    );
    expect([leftAt(slow, 499) === null, leftAt(slow, 501)]).toEqual([false, null]);
  });

  test("comes from the last minute: an old pace is forgotten", () => {
    const slowThenQuick = [
      ...Array.from({ length: 20 }, (_, step) => [5 * step, step] as const),
      ...Array.from({ length: 40 }, (_, step) => [100 + 5 * step, 20 + 50 * step] as const),
    ];
    const left = leftAt(played(slowThenQuick, 4_000), 295) ?? 0;
    expect(left).toBeGreaterThan(190);
    expect(left).toBeLessThan(230);
  });

  test("of a job that starts over begins again", () => {
    const pace = played(
      [
        [0, 500],
        [10, 900],
        [20, 10],
      ],
      1_000,
    );
    expect([pace.samples.length, leftAt(pace, 20)]).toEqual([1, null]);
  });

  test("is never below nothing, even for a job that does more than its total", () => {
    const pace = played(
      [
        [0, 10],
        [5, 110],
        [10, 210],
      ],
      200,
    );
    expect(leftAt(pace, 12)).toBe(0);
  });

  test("never jumps: one event moves it by a third of the difference at most, whatever comes", () => {
    const step = tuple(integer({ min: 2, max: 30 }), integer({ min: 1, max: 400 }));
    expect(
      falsified(
        property(array(step, { minLength: 3, maxLength: 40 }), (steps) => {
          let pace = NO_PACE;
          let second = 0;
          let current = 0;
          for (const [wait, more] of steps) {
            second += wait;
            current += more;
            const before = leftAt(pace, second);
            const given = { at: 1_000 * second, current, total: 20_000 };
            const newest = leftAt(
              {
                ...withProgress(
                  { ...pace, endsAt: null },
                  { ...given, now: 1_000 * second + SKEW },
                ),
              },
              second,
            );
            pace = withProgress(pace, { ...given, now: 1_000 * second + SKEW });
            const after = leftAt(pace, second);
            if (before === null || newest === null || after === null || before === 0) continue;
            if (Math.abs(after - before) > 0.31 * Math.abs(newest - before) + 0.001)
              throw new Error(`from ${before} to ${after}, though ${newest}`);
          }
        }),
        2_000,
      ),
    ).toEqual([]);
  });

  test("of a steady job with uneven events ends within a tenth of the truth, and stays there", () => {
    const uneven = [4, 9, 3, 8, 5, 7, 2, 10, 6, 6, 3, 9, 4, 8, 5, 7];
    let second = 0;
    let pace = NO_PACE;
    const misses: number[] = [];
    for (const wait of [...uneven, ...uneven]) {
      second += wait;
      const at = 1_000 * second;
      pace = withProgress(pace, { at, current: 10 * second, total: 4_000, now: at + SKEW });
      if (second > 30) misses.push(Math.abs((leftAt(pace, second) ?? 0) - (400 - second)));
    }
    expect(Math.max(...misses)).toBeLessThan(40);
  });
});

describe("what is shown", () => {
  test.each([
    [null, 60_000, 60_000],
    [60_000, 59_000, 59_000],
    [60_000, 10_000, 10_000],
    [60_000, 70_000, 60_000],
    [60_000, 75_000, 60_000],
    [60_000, 75_001, 75_001],
    [60_000, null, null],
  ])("after %s and with an estimate of %s is %s", (shown, left, next) => {
    expect(steady(shown, left)).toBe(next);
  });

  test.each([
    [null, ""],
    [0, "a few seconds left"],
    [9_999, "a few seconds left"],
    [10_000, "about 10 seconds left"],
    [10_001, "about 20 seconds left"],
    [49_999, "about 50 seconds left"],
    [50_000, "about 1 minute left"],
    [89_999, "about 1 minute left"],
    [90_000, "about 2 minutes left"],
    [49 * 60_000, "about 49 minutes left"],
    [50 * 60_000, "about 1 hour left"],
    [2 * 3_600_000, "about 2 hours left"],
    [35 * 3_600_000, "about 35 hours left"],
    [36 * 3_600_000, "about 2 days left"],
  ])("of %s ms are the words %j", (left, words) => {
    expect(wordsOf(left)).toBe(words);
  });
});
