// What a subscriber reads and holds after a wake does not depend on how much it has stored.

import { expect, test } from "vitest";
import { SubscriberQueue } from "../../../src/deliver/queue/queue.io.ts";
import { WINDOW_LIMITS } from "../../../src/deliver/queue/window/limits.ts";
import { SubscriberStore } from "../../../src/deliver/subscriber.store.ts";
import { DAY, HOUR, iso } from "../../../src/kernel/time.ts";
import { dispatch, filled, type Filling } from "./filled.ts";
import type { NodeStorage } from "./sqlite.ts";

const open = (node: NodeStorage): { store: SubscriberStore; queue: SubscriberQueue } => {
  const store = new SubscriberStore(node.storage);
  return { store, queue: new SubscriberQueue(node.storage, store) };
};

/** What a wake and the first event after it read. */
function read(filling: Filling): { readonly queries: number; readonly rows: number } {
  const node = filled(filling);
  const before = node.counted();
  const { queue } = open(node);
  expect(queue.hold(dispatch(9_999_999))).toBe(filling.count + 1);
  queue.flush();
  const after = node.counted();
  node.close();
  return { queries: after.queries - before.queries, rows: after.rows - before.rows };
}

test("a wake and a new event read as much with 100,000 deliveries, of which 20,000 wait, as with 5,000", () => {
  const small = read({ count: 5_000, refused: 1_000 });
  const large = read({ count: 100_000, refused: 20_000 });
  // One row more for each 1,000 deliveries: what is known of them together.
  expect(large.rows - small.rows).toBe(95);
  expect([small.rows < 1_100, large.queries]).toEqual([true, small.queries]);
});

test("fresh deliveries that wait behind failed ones are found wherever they are, alone", () => {
  const fresh = [7, 12_345, 12_350, 55_555];
  const node = filled({ count: 60_000, refused: 10_000, fresh });
  const before = node.counted().rows;
  const { queue } = open(node);
  expect([...queue.backlog.rows()].map(({ n }) => n)).toEqual(fresh);
  expect(node.counted().rows - before).toBeLessThan(1_200);
  node.close();
});

test("deliveries that are due soon come into memory, with what else waits of their jobs", () => {
  const node = filled({ count: 10_000, refused: 5_000 });
  const { sql } = node.storage;
  sql.exec("UPDATE delivery SET due = ? WHERE n <= ?", Date.now() - 1, 700);
  sql.exec("UPDATE delivery SET guid = 'g3' WHERE n = ?", 4_999);
  const before = node.counted();
  const { queue } = open(node);
  expect(queue.backlog.size).toBe(701);
  expect(queue.backlog.lengthOf("s/g3")).toBe(2);
  expect(node.counted().queries - before.queries).toBeLessThan(25);
  node.close();
});

test("a new event reads no page of keys from before it was emitted, and an old one few at a time", () => {
  const node = filled({ count: 60_000, refused: 0 });
  const { queue, store } = open(node);
  queue.enqueue([dispatch(70_000)], null);
  expect(store.pages.keys.loadedCount).toBe(0);
  const time = iso(Date.now() - HOUR - HOUR / 60);
  expect(queue.enqueue([dispatch(58_000, { time })], null)).toEqual([]);
  expect(store.pages.keys.loadedCount).toBeLessThan(12);
  expect(queue.enqueue([dispatch(70_001, { time: iso(Date.now() - DAY) })], null)).toHaveLength(1);
  expect(store.pages.keys.loadedCount).toBe(60);
  node.close();
});

test("a wake with nothing but later attempts holds none of them, and knows when the first is due", () => {
  const node = filled({ count: 3_000, refused: 3_000 });
  const { queue } = open(node);
  expect([queue.backlog.size, queue.isBusy]).toEqual([0, true]);
  const due = queue.trim() ?? 0;
  expect(Math.abs(due - Date.now() - 4 * HOUR)).toBeLessThan(60_000);
  queue.load("probe");
  expect(queue.backlog.size).toBe(10);
  node.close();
});

test.each([
  ["were not attempted yet", "fresh", 0],
  ["failed and are due", "unavailable", -1],
  ["failed and wait", "unavailable", HOUR],
  ["were refused and are due", "refusal", -1],
] as const)(
  "rows in memory are bounded when 30,000 deliveries %s, however often it is looked for more",
  (_, waiting, inMs) => {
    const node = filled({ count: 30_000, refused: 30_000 });
    node.storage.sql.exec("UPDATE delivery SET waiting = ?, due = ?", waiting, Date.now() + inMs);
    node.storage.sql.exec("DELETE FROM state_page WHERE page >= ?", 0);
    new SubscriberStore(node.storage).pages.close(30_001);
    const limits = { ...WINDOW_LIMITS, rows: 500, most: 1_000, batch: 250, evictAbove: 500 };
    const queue = new SubscriberQueue(node.storage, new SubscriberStore(node.storage), limits);
    for (const gate of ["open", "probe", "shut"] as const)
      for (let look = 0; look < 20; look += 1) {
        queue.load(gate);
        for (const [row] of queue.backlog.jobQueues())
          if (row !== undefined) queue.backlog.rest(row.job ?? "", Date.now() + HOUR);
        queue.enqueue([dispatch(900_000 + look, { id: `evt_${gate}_${look}` })], null);
        queue.trim();
      }
    expect(queue.backlog.size).toBeLessThanOrEqual(1_250);
    node.close();
  },
);
