// One alarm, many deadlines.

import { describe, expect, test, vi } from "vitest";
import { alarmAt, earliest } from "../../../src/durable/alarm.ts";
import { ObjectAlarm } from "../../../src/durable/alarm.io.ts";

describe("earliest", () => {
  test.each<{ deadlines: readonly (number | null)[]; first: number | null }>([
    { deadlines: [], first: null },
    { deadlines: [null, null], first: null },
    { deadlines: [5], first: 5 },
    { deadlines: [null, 7, 5, 9], first: 5 },
    { deadlines: [0, 5], first: 0 },
    { deadlines: [-1, 0, null], first: -1 },
  ])("of $deadlines is $first", ({ deadlines, first }) => {
    expect(earliest(...deadlines)).toBe(first);
  });
});

describe("alarmAt", () => {
  test.each<{ name: string; due: number | null; armed: number | null; at: number | null }>([
    { name: "no deadline, no alarm: leaves it", due: null, armed: null, at: null },
    { name: "no deadline, an alarm: leaves it", due: null, armed: 500, at: null },
    { name: "a deadline, no alarm: sets it", due: 2_000, armed: null, at: 2_000 },
    { name: "an earlier deadline: moves it", due: 2_000, armed: 2_001, at: 2_000 },
    { name: "the same deadline: leaves it", due: 2_000, armed: 2_000, at: null },
    {
      name: "a later deadline: leaves it, ringing early is cheap",
      due: 2_000,
      armed: 1_999,
      at: null,
    },
    { name: "a deadline that is now: the next millisecond", due: 1_000, armed: null, at: 1_001 },
    {
      name: "a deadline that has passed: the next millisecond, for a date in the past may never ring",
      due: 3,
      armed: null,
      at: 1_001,
    },
    {
      name: "a deadline that has passed, an alarm far away: the next millisecond",
      due: 3,
      armed: 9_000,
      at: 1_001,
    },
    { name: "a deadline at the epoch", due: 0, armed: null, at: 1_001 },
  ])("$name", ({ due, armed, at }) => {
    expect(alarmAt(1_000, due, armed)).toBe(at);
  });

  test("an alarm that should have rung a minute ago was lost: sets it, and not before", () => {
    const now = 1_000_000;
    expect(alarmAt(now, 5, now - 59_999)).toBeNull();
    expect(alarmAt(now, 5, now - 60_000)).toBe(now + 1);
    expect(alarmAt(now, null, now - 60_000)).toBeNull();
  });
});

test("an alarm that could not be set is set anew by whatever comes next", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const asked: number[] = [];
  const storage = {
    setAlarm: (at: number) => {
      asked.push(at);
      return asked.length === 1 ? Promise.reject(new Error("disk full")) : Promise.resolve();
    },
  } as unknown as DurableObjectStorage;
  const alarm = new ObjectAlarm(storage);
  const due = Date.now() + 60_000;
  expect([alarm.arm(due), alarm.arm(due)]).toEqual([true, false]);
  await Promise.resolve();
  expect([alarm.isSet, alarm.arm(due), alarm.arm(due)]).toEqual([false, true, false]);
  expect(asked).toEqual([due, due]);
  vi.restoreAllMocks();
});
