// The progress window at its edges.

import { describe, expect, test } from "vitest";
import {
  cancel,
  flush,
  flushAt,
  hold,
  offer,
  OPEN_WINDOW,
  opensAt,
  type Window,
} from "../../../src/job/throttle.ts";

const WIDTH = 5_000;
const LAST = 10_000;

const closed: Window<string> = { lastAt: LAST, pending: null, dropped: 0 };
const waiting: Window<string> = { lastAt: LAST, pending: "old", dropped: 2 };

describe("opensAt", () => {
  test.each([
    { name: "nothing was emitted: now", lastAt: null, width: WIDTH, now: 7, opens: 7 },
    { name: "no width: now", lastAt: LAST, width: 0, now: LAST, opens: LAST },
    { name: "just emitted: one width later", lastAt: LAST, width: WIDTH, now: LAST, opens: 15_000 },
    { name: "long ago: in the past", lastAt: LAST, width: WIDTH, now: 99_999, opens: 15_000 },
    {
      name: "the clock went back by a second: one width from now",
      lastAt: LAST,
      width: WIDTH,
      now: 9_000,
      opens: 14_000,
    },
    {
      name: "the clock went back to zero: one width from zero",
      lastAt: LAST,
      width: WIDTH,
      now: 0,
      opens: 5_000,
    },
  ])("$name", ({ lastAt, width, now, opens }) => {
    expect(opensAt(lastAt, width, now)).toBe(opens);
  });
});

describe("offer", () => {
  test("lets the first value through at once", () => {
    expect(offer<string>(OPEN_WINDOW, "new", WIDTH, 0)).toEqual({
      kind: "emit",
      dropped: 0,
      window: { lastAt: 0, pending: null, dropped: 0 },
    });
  });

  test.each([
    { now: LAST, kind: "hold" },
    { now: 14_999, kind: "hold" },
    { now: 15_000, kind: "emit" },
    { now: 15_001, kind: "emit" },
  ])("at $now of a window that opens at 15,000: $kind", ({ now, kind }) => {
    expect(offer(closed, "new", WIDTH, now).kind).toBe(kind);
  });

  test("holds a value in a closed window without moving the window", () => {
    expect(offer(closed, "new", WIDTH, 14_999)).toEqual({
      kind: "hold",
      replaced: false,
      window: { lastAt: LAST, pending: "new", dropped: 0 },
    });
  });

  test("replaces the value that waits and counts it", () => {
    expect(offer(waiting, "new", WIDTH, 14_999)).toEqual({
      kind: "hold",
      replaced: true,
      window: { lastAt: LAST, pending: "new", dropped: 3 },
    });
  });

  test("an overdue value is dropped for a newer one, which counts it", () => {
    expect(offer(waiting, "new", WIDTH, 15_000)).toEqual({
      kind: "emit",
      dropped: 3,
      window: { lastAt: 15_000, pending: null, dropped: 0 },
    });
  });

  test("without a width everything leaves at once, even twice in one millisecond", () => {
    expect(offer(closed, "new", 0, LAST)).toEqual({
      kind: "emit",
      dropped: 0,
      window: { lastAt: LAST, pending: null, dropped: 0 },
    });
  });

  test("after the clock went back, a held value is emitted one window later", () => {
    const held = offer(closed, "new", WIDTH, 2_000).window;
    expect(flushAt(held, WIDTH, 2_000)).toBe(7_000);
    expect(flush(held, WIDTH, 6_999)).toBe(null);
    expect(flush(held, WIDTH, 7_000)).toEqual({
      value: "new",
      dropped: 0,
      window: { lastAt: 7_000, pending: null, dropped: 0 },
    });
  });
});

describe("flushAt", () => {
  test.each([
    { name: "nothing waits", window: closed, width: WIDTH, now: LAST, at: null },
    { name: "a value waits for the window", window: waiting, width: WIDTH, now: LAST, at: 15_000 },
    { name: "a value is overdue", window: waiting, width: WIDTH, now: 20_000, at: 15_000 },
    {
      name: "the width was set to zero meanwhile",
      window: waiting,
      width: 0,
      now: 11_000,
      at: 11_000,
    },
    { name: "the clock went back", window: waiting, width: WIDTH, now: 1_000, at: 6_000 },
  ])("$name: $at", ({ window, width, now, at }) => {
    expect(flushAt(window, width, now)).toBe(at);
  });
});

describe("flush", () => {
  test.each([
    { name: "one millisecond too early", window: waiting, now: 14_999 },
    { name: "nothing waits", window: closed, now: 15_000 },
    { name: "the clock went back", window: waiting, now: 3_000 },
  ])("gives nothing: $name", ({ window, now }) => {
    expect(flush(window, WIDTH, now)).toBe(null);
  });

  test.each([15_000, 15_001, 90_000])(
    "gives the waiting value with its count at %d and opens a new window there",
    (now) => {
      expect(flush(waiting, WIDTH, now)).toEqual({
        value: "old",
        dropped: 2,
        window: { lastAt: now, pending: null, dropped: 0 },
      });
    },
  );

  test("a flush opens a new window: the next value waits a whole width from it", () => {
    const after = flush(waiting, WIDTH, 16_000)?.window ?? OPEN_WINDOW;
    expect([20_999, 21_000].map((now) => offer(after, "next", WIDTH, now).kind)).toEqual([
      "hold",
      "emit",
    ]);
  });

  test("without a width a value that waits leaves at once", () => {
    expect(flush(waiting, 0, LAST)).toEqual({
      value: "old",
      dropped: 2,
      window: { lastAt: LAST, pending: null, dropped: 0 },
    });
  });
});

describe("cancel", () => {
  test("forgets what waits and leaves the window closed", () => {
    expect(cancel(waiting)).toEqual(closed);
  });

  test("of an open window is an open window", () => {
    expect(cancel<string>(OPEN_WINDOW)).toEqual({ lastAt: null, pending: null, dropped: 0 });
  });
});

test("a value that waits although nothing was emitted yet closes no window", () => {
  expect(hold(OPEN_WINDOW, "a", 5)).toEqual({ lastAt: null, pending: "a", dropped: 0 });
  expect(hold({ lastAt: 9, pending: "a", dropped: 1 }, "b", 5)).toEqual({
    lastAt: 5,
    pending: "b",
    dropped: 2,
  });
});
