// Deliveries are found by key and by guid in pages, in storage of an earlier version too.

import { expect, test } from "vitest";
import { KeyPages, type AskedKey } from "../../../../src/deliver/storage/key-page.store.ts";
import { SubscriberQueue } from "../../../../src/deliver/queue/queue.io.ts";
import { SubscriberStore } from "../../../../src/deliver/subscriber.store.ts";
import { HOUR, iso } from "../../../../src/kernel/time.ts";
import type { Dispatch } from "../../../../src/model/messages.ts";
import { dispatch as newDispatch } from "../filled.ts";
import { fillDisk, openStorage, type NodeStorage } from "../sqlite.ts";

const LONG_AGO = Date.now() - HOUR;

const dispatch = (index: number, guid = `g${index}`): Dispatch =>
  newDispatch(index, { guid, time: iso(LONG_AGO) });

const asked = (...keys: readonly string[]): readonly AskedKey[] =>
  keys.map((key) => ({ key, notBefore: 0 }));

const unknownAge = (): null => null;

const open = (node: NodeStorage): SubscriberQueue =>
  new SubscriberQueue(node.storage, new SubscriberStore(node.storage));

const enqueue = (queue: SubscriberQueue, from: number, to: number): void => {
  const all = Array.from({ length: to - from }, (_, index) => dispatch(from + index));
  queue.enqueue(all, null);
};

test("every key is known, however old, and no other is", () => {
  const node = openStorage();
  enqueue(open(node), 1, 3_500);
  const queue = open(node);
  expect(queue.enqueue([dispatch(1), dispatch(1_000), dispatch(2_001)], null)).toEqual([]);
  expect(queue.enqueue([dispatch(3_499), dispatch(9_999)], null)).toHaveLength(1);
  expect(node.storage.sql.exec("SELECT page FROM key_page ORDER BY page").toArray()).toEqual([
    { page: 0 },
    { page: 1 },
    { page: 2 },
  ]);
});

test("a job's deliveries are found on every page", () => {
  const node = openStorage();
  const queue = open(node);
  const store = new SubscriberStore(node.storage);
  for (const start of [1, 1_500, 2_900]) {
    enqueue(queue, start, start + 1_100);
    queue.enqueue([dispatch(10_000 + start, "x")], null);
  }
  const pages = new SubscriberStore(node.storage);
  const found = (): readonly (number | null)[] =>
    pages.history.list({ guid: "x" }, 9_999, 9).map(({ n }) => n);
  expect(found()).toHaveLength(3);
  expect(pages.history.list({ guid: "x" }, found()[0] ?? 0, 1).map(({ n }) => n)).toEqual([
    found()[1],
  ]);
  expect(pages.history.list({ guid: "x", state: "dead" }, 9_999, 9)).toEqual([]);
  expect(pages.jobs.erase("other", "x", Infinity).removed).toEqual([]);
  expect(pages.jobs.erase("s", "x", Infinity).removed).toHaveLength(3);
  expect([found(), store.history.find(1)?.guid]).toEqual([[], "g1"]);
});

test("storage without pages is scanned until the alarm has made them", () => {
  const node = openStorage();
  enqueue(open(node), 1, 2);
  node.storage.sql.exec("INSERT INTO survey VALUES (?)", 2);
  node.storage.sql.exec(
    `INSERT INTO delivery (n, id, key, event_id, event, source, guid, seq, state, at, due, waiting,
        cause, attempts, step, instant, tried, ms, log, json_bytes, body)
      WITH RECURSIVE number(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM number WHERE i < ?)
      SELECT i, 'dlv_' || i, 'evt_' || i, 'evt_' || i, 'job.created', 's', 'g' || i, 1, 'delivered',
        at, due, waiting, cause, 1, 0, 0, at, 1, log, json_bytes, body
      FROM number, delivery`,
    45_499,
  );
  const queue = open(node);
  const store = new SubscriberStore(node.storage);
  const pages = store.pages.keys;
  expect(pages.isComplete).toBe(false);
  expect(queue.enqueue([dispatch(1)], null)).toEqual([]);
  expect(store.history.list({ guid: "g44000" }, 99_999, 9)).toHaveLength(1);
  for (let round = 0; round < 23; round += 1) store.pages.build();
  expect([pages.isComplete, store.pages.areLacking]).toEqual([true, false]);
  expect(pages.known(asked("evt_1", "evt_44000", "evt_other"))).toEqual(
    new Set(["evt_1", "evt_44000"]),
  );
  expect(new SubscriberStore(node.storage).pages.areLacking).toBe(false);
});

test("pages go with their last delivery", () => {
  const node = openStorage();
  const queue = open(node);
  enqueue(queue, 1, 2_500);
  const store = new SubscriberStore(node.storage);
  const { removed, end } = store.history.prune(0, Infinity, ({ n }) => n < 1_500);
  expect([removed.length, end]).toEqual([1_499, null]);
  expect(node.storage.sql.exec("SELECT page FROM key_page").toArray()).toEqual([{ page: 1 }]);
  expect(store.pages.keys.known(asked("evt_1400", "evt_1600"))).toEqual(new Set(["evt_1600"]));
});

test("an expired job keeps the deliveries that wait, and says when the last is due", () => {
  const node = openStorage();
  const queue = open(node);
  enqueue(queue, 1, 1_200);
  queue.enqueue([dispatch(5_000, "x"), dispatch(5_001, "x"), dispatch(5_002, "x")], null);
  const change = "UPDATE delivery SET state = ?, due = ? WHERE event_id = ?";
  node.storage.sql.exec(change, "delivered", 5, "evt_5000");
  node.storage.sql.exec(change, "pending", 8_000, "evt_5001");
  node.storage.sql.exec(change, "pending", 7_000, "evt_5002");
  expect([
    queue.erase("s", "x", Infinity, true),
    queue.erase("other", "x", Infinity, true),
  ]).toEqual([8_000, null]);
  const { history, jobs } = new SubscriberStore(node.storage);
  expect(history.list({ guid: "x" }, 9_999, 9).map(({ eventId }) => eventId)).toEqual([
    "evt_5002",
    "evt_5001",
  ]);
  expect(jobs.erase("s", "x", Infinity).removed).toHaveLength(2);
  expect(queue.erase("s", "x", Infinity, true)).toBeNull();
});

test("what waits of a job is found in whatever state the rest is", () => {
  const node = openStorage();
  const queue = open(node);
  enqueue(queue, 1, 1_100);
  for (const n of [1, 2, 3, 4]) queue.enqueue([dispatch(5_000 + n, "x")], null);
  enqueue(queue, 1_200, 4_000);
  queue.enqueue([dispatch(5_005, "x")], null);
  const store = new SubscriberStore(node.storage);
  const of = (n: number): number =>
    store.jobs.unfinished("s", "x")[0] === undefined ? 0 : 1_099 + n;
  store.supersede(of(1));
  store.setWait(of(2), 7);
  store.counts.save();
  expect(store.jobs.unfinished("s", "x")).toEqual([of(2), of(3), of(4), 3_904]);
  expect(new SubscriberStore(node.storage).jobs.unfinished("s", "x")).toHaveLength(4);
  expect(store.jobs.unfinished("other", "x")).toEqual([]);
});

test("of many pages only so many stay in memory, and all are searched", () => {
  const node = openStorage();
  enqueue(open(node), 1, 8_500);
  const pages = new KeyPages(node.storage.sql, {
    nextN: 8_500,
    mayLack: false,
    newestOf: unknownAge,
    maxLoaded: 3,
  });
  expect(pages.known(asked("evt_1", "evt_4500", "evt_other"))).toEqual(
    new Set(["evt_1", "evt_4500"]),
  );
  expect([...pages.rowsOfGuid("g2", 99_999)]).toEqual([2]);
  expect(pages.loadedCount).toBe(3);
});

test("a page that a full disk refuses is made later, and its keys are known meanwhile", () => {
  const node = openStorage();
  enqueue(open(node), 1, 3_500);
  node.storage.sql.exec("INSERT INTO survey VALUES (?)", 2);
  node.storage.sql.exec("DELETE FROM key_page WHERE page >= ?", 0);
  const queue = open(node);
  const { keys: keyPages } = new SubscriberStore(node.storage).pages;
  fillDisk(node, /INTO key_page/, 1);
  expect(() => keyPages.build()).toThrow("SQLITE_FULL");
  expect([keyPages.isComplete, queue.enqueue([dispatch(5)], null)]).toEqual([false, []]);
  for (let round = 0; round < 2; round += 1) keyPages.build();
  expect([keyPages.isComplete, keyPages.known(asked("evt_5", "evt_2500")).size]).toEqual([true, 2]);
});
