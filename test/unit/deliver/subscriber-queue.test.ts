// The queue's table and memory in step: restarts, long queues, exact deduplication, numbers that never come again.

import { expect, test } from "vitest";
import { SubscriberQueue } from "../../../src/deliver/subscriber-queue.io.ts";
import { SubscriberStore } from "../../../src/deliver/subscriber.store.ts";
import type { Dispatch } from "../../../src/kernel/handoff.ts";
import { HOUR, iso } from "../../../src/kernel/time.ts";
import { openStorage, type NodeStorage } from "./sqlite.ts";

const dispatch = (index: number, over: { readonly guid?: string; readonly time?: number } = {}): Dispatch => {
  const { guid = `g${index}`, time = Date.now() } = over;
  const about = {
    version: "v3-beta",
    event: "job.created",
    status: "",
    url: null,
    details: {},
    attempt: 1,
    source: "s",
    account: "a",
  } as const;
  return { event: { ...about, guid, id: `evt_${index}`, seq: 1, time: iso(time) }, provider: "p", traceparent: "" };
};
const many = (from: number, to: number, time?: number): readonly Dispatch[] =>
  Array.from({ length: to - from }, (_, index) => dispatch(from + index, time === undefined ? {} : { time }));

/** Rows in memory, for these tests. */
const WINDOW = 100;

const open = (node: NodeStorage): { readonly store: SubscriberStore; readonly queue: SubscriberQueue } => {
  const store = new SubscriberStore(node.storage.sql);
  return { store, queue: new SubscriberQueue(node.storage, store, WINDOW) };
};

test("a queue longer than the window waits in the table and comes in when there is room, across restarts", () => {
  const node = openStorage();
  const { queue } = open(node);
  queue.take(many(0, WINDOW), null);
  queue.take(many(WINDOW, WINDOW + 10), null);
  expect(queue.backlog.size).toBe(WINDOW);
  const first = Array.from({ length: WINDOW / 2 }, (_, index) => index + 1);
  for (const n of first) node.storage.sql.exec("UPDATE delivery SET state = 'delivered' WHERE n = ?", n);
  queue.forget(first);
  queue.take(many(WINDOW + 10, WINDOW + 11), null);
  expect(queue.backlog.size).toBe(WINDOW / 2);
  queue.load();
  expect(queue.backlog.size).toBe(WINDOW / 2 + 11);
  queue.take(many(WINDOW + 11, WINDOW + 12), null);
  expect([queue.backlog.size, queue.backlog.lowest()]).toEqual([WINDOW / 2 + 12, WINDOW / 2 + 1]);
  expect(open(node).queue.backlog.size).toBe(WINDOW / 2 + 12);
});

test("an event that is sent again after a restart is known, however many came since", () => {
  const node = openStorage();
  const long = Date.now() - HOUR;
  open(node).queue.take(many(0, 1_500, long), null);
  const { queue } = open(node);
  expect(queue.take([dispatch(0, { time: long }), dispatch(1_499, { time: long })], null)).toEqual([]);
  expect(queue.take([dispatch(0, { time: long }), dispatch(9_999, { time: long })], null)).toHaveLength(1);
  expect(
    queue.take(
      [
        { ...dispatch(0, { time: long }), replay: "r" },
        { ...dispatch(0, { time: long }), replay: "r" },
      ],
      null,
    ),
  ).toHaveLength(1);
});

test("the numbers of erased deliveries do not come again below the mark of the oldest unfinished one", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  queue.take(
    [...many(0, 3), ...many(3, 6).map((one, index) => ({ ...one, event: { ...dispatch(3 + index, { guid: "x" }).event } }))],
    null,
  );
  for (const n of [1, 2, 3]) node.storage.sql.exec("UPDATE delivery SET state = 'delivered' WHERE n = ?", n);
  queue.forget([1, 2, 3]);
  queue.forget(store.erase("s", "x"));
  queue.save(queue.standing);
  const again = open(node);
  again.queue.take(many(10, 12), null);
  const restarted = open(node).queue;
  expect(restarted.backlog.size).toBe(2);
  expect([...restarted.backlog.all()].map(([row]) => row?.n)).toEqual([7, 8]);
});

test("counts follow every change", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  expect([...store.counts()]).toEqual([]);
  queue.take(many(0, 4), null);
  queue.commit({ send: [], superseded: [2], takeovers: [], wake: null });
  const counted = (): object => Object.fromEntries(store.counts());
  expect(counted()).toEqual({ pending: 3, superseded: 1 });
  queue.reopen([2], "manual", queue.standing);
  expect(counted()).toEqual({ pending: 4 });
  queue.forget(store.erase("s", "g0"));
  expect(counted()).toEqual({ pending: 3 });
  expect(queue.backlog.size).toBe(3);
  expect(queue.reopen([99], "manual", queue.standing)).toBe(0);
});
