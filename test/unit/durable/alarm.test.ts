// One alarm, many deadlines.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
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

  test("an alarm that should have rung ten seconds ago was lost: sets it, and not before", () => {
    const now = 1_000_000;
    expect(alarmAt(now, 5, now - 9_999)).toBeNull();
    expect(alarmAt(now, 5, now - 10_000)).toBe(now + 1);
    expect(alarmAt(now, null, now - 10_000)).toBeNull();
  });
});

/** An alarm on a disk that is full for the first `failures` writes. */
function onFullDisk(failures: number): { alarm: ObjectAlarm; asked: number[] } {
  const asked: number[] = [];
  const setAlarm = (at: number): Promise<void> => {
    asked.push(at);
    return asked.length <= failures ? Promise.reject(new Error("disk full")) : Promise.resolve();
  };
  return { alarm: new ObjectAlarm({ setAlarm } as unknown as DurableObjectStorage), asked };
}

describe("an alarm that would fire in vain", () => {
  test.each<{ name: string; due: number | null; before?: number; moved: boolean }>([
    { name: "moves to a later instant", due: 70_000, moved: true },
    { name: "stays where nothing is due later", due: null, moved: false },
    { name: "stays at the same instant", due: 60_000, moved: false },
    { name: "does not move to an earlier instant", due: 59_999, moved: false },
    { name: "moves when it is as near as that", due: 70_000, before: 60_000, moved: true },
    { name: "stays when it is not so near", due: 70_000, before: 59_999, moved: false },
  ])("$name", ({ due, before, moved }) => {
    const { alarm, asked } = onFullDisk(0);
    const now = Date.now();
    const at = (ms: number | null): number | null => (ms === null ? null : now + ms);
    alarm.postpone(at(due));
    expect([asked, alarm.isSet]).toEqual([[], false]);
    alarm.arm(at(60_000));
    alarm.postpone(at(due), before === undefined ? undefined : now + before);
    expect(asked).toEqual(moved ? [at(60_000), at(due)] : [at(60_000)]);
  });
});

describe("an alarm that could not be set", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  test("is set anew by whatever comes next", async () => {
    const { alarm, asked } = onFullDisk(1);
    const due = Date.now() + 60_000;
    expect([alarm.arm(due), alarm.arm(due)]).toEqual([true, false]);
    await Promise.resolve();
    expect([alarm.isSet, alarm.arm(due), alarm.arm(due)]).toEqual([false, true, false]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual([due, due]);
  });

  test("is set anew when nothing comes, as soon as the disk has room", async () => {
    const { alarm, asked } = onFullDisk(3);
    const due = Date.now() + 60_000;
    alarm.arm(due);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([alarm.isSet, asked]).toEqual([true, [due, due, due, due]]);
  });

  test("makes the alarm that sets it fail, so that the platform runs it again", async () => {
    const { alarm } = onFullDisk(1);
    alarm.fired();
    await expect(alarm.settled()).resolves.toBeUndefined();
    alarm.arm(Date.now() + 5);
    await expect(alarm.settled()).rejects.toThrow("could not be set");
    alarm.arm(Date.now() + 5);
    await expect(alarm.settled()).resolves.toBeUndefined();
  });
});

/** What is asked of a storage whose alarm should have fired `late` ms ago. */
async function overdue(late: number): Promise<{ alarm: ObjectAlarm; asked: number[] }> {
  const asked: number[] = [];
  const storage = {
    getAlarm: () => Promise.resolve(Date.now() - late),
    setAlarm: (at: number): Promise<void> => {
      asked.push(at);
      return Promise.resolve();
    },
  };
  const alarm = new ObjectAlarm(storage as unknown as DurableObjectStorage);
  await alarm.load();
  return { alarm, asked };
}

describe("an alarm that is overdue when the object wakes", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([0, 1, 9_999])("by %i ms was lost if it does not fire soon", async (late) => {
    const { alarm, asked } = await overdue(late);
    const due = Date.now() - late;
    expect([alarm.arm(due), alarm.arm(due)]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(9_999 - late);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
  });

  test("costs nothing when it fires after all", async () => {
    const { alarm, asked } = await overdue(500);
    alarm.arm(Date.now() - 500);
    alarm.fired();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is left alone where nothing is due", async () => {
    const { alarm, asked } = await overdue(500);
    alarm.arm(null);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([asked, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
