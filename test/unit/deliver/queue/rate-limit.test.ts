// The rate limit: never above the rate, never slower than it, and cheap.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  allowedNow,
  rateLimitAfter,
  BURST_MS,
  nextAllowed,
  afterSending,
} from "../../../../src/deliver/queue/rate-limit.ts";
import { SECOND } from "../../../../src/kernel/time.ts";

const NOW = Date.UTC(2026, 10, 21, 19);

describe("the bucket", () => {
  test.each([
    ["no rate", null, Infinity],
    ["one in ten seconds", 0.1, 1],
    ["one per second", 1, 1],
    ["ten per second", 10, 1],
    ["twenty per second", 20, 2],
    ["a thousand per second", 1_000, 100],
  ])(
    "a new one lets a tenth of a second's worth through, and at least one: %s",
    (_, rate, count) => {
      expect(allowedNow(rateLimitAfter(null, rate), rate, NOW)).toBe(count);
    },
  );

  test("without a rate nothing is ever counted", () => {
    const bucket = rateLimitAfter(NOW, null);
    expect(afterSending(bucket, null, NOW, 1_000)).toBe(bucket);
    expect(nextAllowed(bucket, null, NOW)).toBe(NOW);
  });

  test("at two per second, the next one leaves half a second later and not sooner", () => {
    const bucket = afterSending(rateLimitAfter(null, 2), 2, NOW, 1);
    expect(nextAllowed(bucket, 2, NOW)).toBe(NOW + 500);
    expect(allowedNow(bucket, 2, NOW + 499)).toBe(0);
    expect(allowedNow(bucket, 2, NOW + 500)).toBe(1);
  });

  test("a restart right after a delivery does not let another one slip through", () => {
    expect(allowedNow(rateLimitAfter(NOW, 1), 1, NOW + 999)).toBe(0);
    expect(allowedNow(rateLimitAfter(NOW, 1), 1, NOW + 1_000)).toBe(1);
    expect(allowedNow(rateLimitAfter(NOW, 100), 100, NOW)).toBe(0);
  });

  test("after a restart the last delivery counts as the last of a burst, if there is a rate", () => {
    expect([
      rateLimitAfter(null, 2),
      rateLimitAfter(NOW, null),
      rateLimitAfter(NOW, 2),
      rateLimitAfter(NOW, 100),
    ]).toEqual([
      { onPaceAt: 0 },
      { onPaceAt: 0 },
      { onPaceAt: NOW + 500 },
      { onPaceAt: NOW + 100 },
    ]);
  });

  test("what sends nothing changes nothing", () => {
    const limit = rateLimitAfter(null, 2);
    expect(afterSending(limit, 2, NOW, 0)).toBe(limit);
  });

  test("after a burst of two the next one may leave when one of them is on pace", () => {
    const limit = afterSending(rateLimitAfter(null, 20), 20, NOW, 2);
    expect(limit).toEqual({ onPaceAt: NOW + 100 });
    expect(nextAllowed(limit, 20, NOW)).toBe(NOW + 50);
    expect([49, 50, 100].map((ms) => allowedNow(limit, 20, NOW + ms))).toEqual([0, 1, 2]);
  });

  test("in any time, no more than the rate and one burst leave, and hardly less", () => {
    const rates = fc.oneof(
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0.05, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(
        rates,
        fc.array(fc.nat(400), { minLength: 5, maxLength: 200 }),
        (rate, pauses) => {
          let bucket = rateLimitAfter(null, rate);
          let now = NOW;
          const left: number[] = [];
          for (const pause of pauses) {
            now = Math.max(now + pause, nextAllowed(bucket, rate, now));
            const count = allowedNow(bucket, rate, now);
            bucket = afterSending(bucket, rate, now, count);
            for (let index = 0; index < count; index += 1) left.push(now);
          }
          const burst = Math.max(1, Math.floor((rate * BURST_MS) / SECOND));
          for (const [index, from] of left.entries()) {
            const within = left.slice(index).findIndex((at) => at >= from + SECOND);
            const count = within === -1 ? left.length - index : within;
            expect(count).toBeLessThanOrEqual(Math.ceil(rate) + burst);
          }
        },
      ),
    );
  });

  test("looking when it says is enough: at that instant something may leave", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat(300), (rate, count) => {
        const bucket = afterSending(rateLimitAfter(null, rate), rate, NOW, count);
        const at = nextAllowed(bucket, rate, NOW);
        // A rounding error of the division may cost one more millisecond.
        expect(
          allowedNow(bucket, rate, at) + allowedNow(bucket, rate, at + 1),
        ).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});
