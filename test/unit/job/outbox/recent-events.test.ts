// Events in memory: a drain gets them in order and without a gap, or reads the log.

import { describe, expect, test } from "vitest";
import { MAX_PAGE_CHARACTERS, MAX_PAGE_EVENTS } from "../../../../src/job/outbox/outbox.ts";
import { RecentEvents } from "../../../../src/job/outbox/recent-events.ts";

const recent = (...sizes: readonly number[]): RecentEvents<{ seq: number; size: number }> => {
  const events = new RecentEvents<{ seq: number; size: number }>();
  sizes.forEach((size, index) => events.add({ seq: index + 1, size }));
  return events;
};

const seqs = (events: RecentEvents<{ seq: number; size: number }>, after: number): unknown =>
  events.after(after)?.map(({ seq }) => seq) ?? "read the log";

describe("recent events", () => {
  test("are those after a number, in order", () => {
    expect([seqs(recent(1, 1, 1), 0), seqs(recent(1, 1, 1), 2)]).toEqual([[1, 2, 3], [3]]);
  });

  test("are not known before the first and after the last", () => {
    const events = recent(1, 1, 1);
    events.dropUpTo(2);
    expect([seqs(events, 1), seqs(events, 2), seqs(events, 3)]).toEqual([
      "read the log",
      [3],
      "read the log",
    ]);
  });

  test("never have a gap", () => {
    const events = recent(1, 1);
    events.add({ seq: 4, size: 1 });
    expect([seqs(events, 0), seqs(events, 2), seqs(events, 3)]).toEqual([
      "read the log",
      "read the log",
      [4],
    ]);
  });

  test("of more than a page's size are read from the log up to the newest", () => {
    const events = recent(MAX_PAGE_CHARACTERS, 1);
    expect([seqs(events, 0), seqs(events, 1)]).toEqual(["read the log", [2]]);
  });

  test("of more than a page's number are read from the log up to the newest", () => {
    const events = recent(...Array.from({ length: MAX_PAGE_EVENTS + 1 }, () => 0));
    expect([seqs(events, 0), seqs(events, MAX_PAGE_EVENTS)]).toEqual([
      "read the log",
      [MAX_PAGE_EVENTS + 1],
    ]);
  });

  test("larger than a page are not kept", () => {
    expect(seqs(recent(MAX_PAGE_CHARACTERS + 1), 0)).toBe("read the log");
  });

  test("that were forgotten are read from the log", () => {
    const events = recent(1, 1);
    events.clear();
    expect(seqs(events, 0)).toBe("read the log");
  });

  test("that fill a page exactly are all kept", () => {
    const events = recent(MAX_PAGE_CHARACTERS - 1, 1);
    expect(seqs(events, 0)).toEqual([1, 2]);
    events.add({ seq: 3, size: 1 });
    expect([seqs(events, 0), seqs(events, 2)]).toEqual(["read the log", [3]]);
  });

  test("of a page's size are kept, and larger ones make those before them forgotten", () => {
    const events = recent(MAX_PAGE_CHARACTERS);
    expect(seqs(events, 0)).toEqual([1]);
    events.add({ seq: 2, size: MAX_PAGE_CHARACTERS + 1 });
    expect([seqs(events, 0), seqs(events, 1)]).toEqual(["read the log", "read the log"]);
  });

  test("that were sent make room for others", () => {
    const events = recent(MAX_PAGE_CHARACTERS - 1, 1);
    events.dropUpTo(1);
    events.add({ seq: 3, size: MAX_PAGE_CHARACTERS - 1 });
    expect([seqs(events, 0), seqs(events, 1)]).toEqual(["read the log", [2, 3]]);
  });

  test("that are left count for the page with those that follow", () => {
    const events = recent(1, MAX_PAGE_CHARACTERS / 2);
    events.dropUpTo(1);
    events.add({ seq: 3, size: MAX_PAGE_CHARACTERS / 2 + 1 });
    expect([seqs(events, 1), seqs(events, 2)]).toEqual(["read the log", [3]]);
  });

  test("after a pause begin anywhere", () => {
    const events = new RecentEvents<{ seq: number; size: number }>();
    events.add({ seq: 7, size: 1 });
    expect([seqs(events, 6), seqs(events, 5)]).toEqual([[7], "read the log"]);
    events.dropUpTo(7);
    events.add({ seq: 8, size: 1 });
    expect(seqs(events, 7)).toEqual([8]);
  });

  test("that were forgotten leave the whole page to those that follow", () => {
    const events = recent(MAX_PAGE_CHARACTERS);
    events.clear();
    events.add({ seq: 2, size: MAX_PAGE_CHARACTERS });
    expect(seqs(events, 1)).toEqual([2]);
  });
});
