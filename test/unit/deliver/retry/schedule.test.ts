// Waits between attempts: the list, the spread, and what a receiver may ask for.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  withJitter,
  nextAttempt,
  MIN_OVERLOAD_WAIT_MS,
  type RetryTiming,
} from "../../../../src/deliver/retry/schedule.ts";
import { MAX_RETRY_AFTER_MS, retryAfter } from "../../../../src/kernel/http/retry-after.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../../../src/kernel/time.ts";

const NOW = Date.UTC(2026, 10, 21, 19);
const WAITS = [5, 300, 1_800, 7_200].map((seconds) => seconds * SECOND);

const timing = (over: Partial<RetryTiming> = {}): RetryTiming => ({
  now: NOW,
  waits: WAITS,
  step: 0,
  chance: 0.5,
  overload: false,
  asked: 0,
  ...over,
});

describe("Retry-After", () => {
  test.each([
    [undefined, 0],
    ["", 0],
    ["soon", 0],
    ["-1", 0],
    ["1.5", 0],
    ["1e3", 0],
    ["0", 0],
    ["1", SECOND],
    [" 120 ", 2 * MINUTE],
    ["86400", DAY],
    ["86401", MAX_RETRY_AFTER_MS],
    ["99999999999999999999", MAX_RETRY_AFTER_MS],
    ["Sat, 21 Nov 2026 19:30:00 GMT", 30 * MINUTE],
    ["Sat, 21 Nov 2026 19:00:00 GMT", 0],
    ["Sat, 21 Nov 2026 18:59:59 GMT", 0],
    ["Fri, 21 Nov 2036 19:00:00 GMT", MAX_RETRY_AFTER_MS],
    ["2026-11-21T19:30:00Z", 0],
  ])("%j means a wait of %i ms", (value, wait) => {
    expect(retryAfter(value, NOW)).toBe(wait);
  });
});

describe("the next attempt", () => {
  test.each([
    ["the first wait", timing(), NOW + 5 * SECOND],
    ["the last wait", timing({ step: 3 }), NOW + 2 * HOUR],
    ["one past the last", timing({ step: 4 }), null],
    ["an empty schedule", timing({ waits: [] }), null],
    ["the least of the spread", timing({ chance: 0 }), NOW + 4 * SECOND],
    ["the most of the spread", timing({ chance: 1 }), NOW + 6 * SECOND],
    ["what the receiver asks for", timing({ asked: HOUR }), NOW + HOUR],
    [
      "a Retry-After that would shorten the wait",
      timing({ step: 3, asked: SECOND }),
      NOW + 2 * HOUR,
    ],
    ["overload", timing({ overload: true }), NOW + MIN_OVERLOAD_WAIT_MS],
    ["overload, spread upwards only", timing({ overload: true, chance: 1 }), NOW + 72 * SECOND],
    [
      "overload with a schedule of short waits",
      timing({ overload: true, waits: [SECOND, 2 * SECOND] }),
      NOW + 2 * SECOND,
    ],
    [
      "overload where the schedule waits longer anyway",
      timing({ overload: true, step: 1 }),
      NOW + 5 * MINUTE,
    ],
  ])("%s", (_, given, due) => {
    expect(nextAttempt(given)).toBe(due);
  });

  test("is never sooner than 80 % of the wait, or than what was asked for", () => {
    const timings = fc.record({
      now: fc.constant(NOW),
      waits: fc.array(fc.integer({ min: 1, max: DAY }), { minLength: 1, maxLength: 12 }),
      step: fc.nat(11),
      chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      overload: fc.boolean(),
      asked: fc.nat(DAY),
    });
    fc.assert(
      fc.property(timings, (given) => {
        const due = nextAttempt(given);
        const wait = given.waits[given.step];
        const least = NOW + Math.max(Math.round((wait ?? 0) * 0.8), given.asked);
        const most =
          NOW + Math.max(Math.ceil(Math.max(wait ?? 0, MIN_OVERLOAD_WAIT_MS) * 1.2), given.asked);
        expect(
          wait === undefined ? due === null : due !== null && due >= least && due <= most,
        ).toBe(true);
      }),
    );
  });

  test("spreads within a fifth in both directions", () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((chance) => withJitter(1_000, chance))).toEqual([
      800, 900, 1_000, 1_100, 1_200,
    ]);
  });
});
