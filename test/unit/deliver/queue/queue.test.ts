// The queue's table and memory stay in step, across restarts and in long queues.

import { expect, test } from "vitest";
import { EMPTY_PLAN } from "../../../../src/deliver/queue/plan.ts";
import { SubscriberQueue } from "../../../../src/deliver/queue/queue.io.ts";
import { WINDOW_LIMITS } from "../../../../src/deliver/queue/window/limits.ts";
import { SubscriberStore } from "../../../../src/deliver/subscriber.store.ts";
import type { JobEnvelope } from "../../../../src/model/event.ts";
import type { Dispatch } from "../../../../src/model/messages.ts";
import { HOUR, iso } from "../../../../src/kernel/time.ts";
import { fillDisk, openStorage, type NodeStorage } from "../sqlite.ts";

const dispatch = (
  index: number,
  over: { readonly guid?: string; readonly time?: number } = {},
): Dispatch & { readonly event: JobEnvelope } => {
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
  return {
    event: { ...about, guid, id: `evt_${index}`, seq: 1, time: iso(time) },
    provider: "p",
    traceparent: "",
  };
};
const many = (from: number, to: number, time?: number): readonly ReturnType<typeof dispatch>[] =>
  Array.from({ length: to - from }, (_, index) =>
    dispatch(from + index, time === undefined ? {} : { time }),
  );

/** Rows in memory, for these tests. */
const WINDOW = 100;
const LIMITS = { ...WINDOW_LIMITS, rows: WINDOW, most: 2 * WINDOW, batch: WINDOW };

const open = (
  node: NodeStorage,
): { readonly store: SubscriberStore; readonly queue: SubscriberQueue } => {
  const store = new SubscriberStore(node.storage);
  return { store, queue: new SubscriberQueue(node.storage, store, LIMITS) };
};

test("a queue longer than memory holds waits in the table, and is read when there is room", () => {
  const node = openStorage();
  const { queue } = open(node);
  queue.enqueue(many(0, WINDOW), null);
  queue.enqueue(many(WINDOW, WINDOW + 10), null);
  expect(queue.backlog.size).toBe(WINDOW);
  const first = Array.from({ length: WINDOW / 2 }, (_, index) => index + 1);
  for (const n of first)
    node.storage.sql.exec("UPDATE delivery SET state = 'delivered' WHERE n = ?", n);
  queue.forget(first);
  queue.enqueue(many(WINDOW + 10, WINDOW + 11), null);
  expect(queue.backlog.size).toBe(WINDOW / 2);
  queue.load("open");
  expect(queue.backlog.size).toBe(WINDOW / 2 + 11);
  queue.enqueue(many(WINDOW + 11, WINDOW + 12), null);
  expect([queue.backlog.size, queue.backlog.lowestFresh()]).toEqual([
    WINDOW / 2 + 12,
    WINDOW / 2 + 1,
  ]);
  expect(open(node).queue.backlog.size).toBe(WINDOW / 2 + 12);
});

test("an event that is sent again after a restart is known, however many came since", () => {
  const node = openStorage();
  const long = Date.now() - HOUR;
  open(node).queue.enqueue(many(0, 1_500, long), null);
  const { queue } = open(node);
  expect(
    queue.enqueue([dispatch(0, { time: long }), dispatch(1_499, { time: long })], null),
  ).toEqual([]);
  expect(
    queue.enqueue([dispatch(0, { time: long }), dispatch(9_999, { time: long })], null),
  ).toHaveLength(1);
  expect(
    queue.enqueue(
      [
        { ...dispatch(0, { time: long }), replay: "r" },
        { ...dispatch(0, { time: long }), replay: "r" },
      ],
      null,
    ),
  ).toHaveLength(1);
});

test("the numbers of erased deliveries do not come again below the lowest pending one", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  queue.enqueue(
    [
      ...many(0, 3),
      ...many(3, 6).map((one, index) => ({
        ...one,
        event: { ...dispatch(3 + index, { guid: "x" }).event },
      })),
    ],
    null,
  );
  for (const n of [1, 2, 3])
    node.storage.sql.exec("UPDATE delivery SET state = 'delivered' WHERE n = ?", n);
  queue.forget([1, 2, 3]);
  queue.forget(store.jobs.erase("s", "x", Infinity).removed);
  queue.save(queue.state);
  const again = open(node);
  again.queue.enqueue(many(10, 12), null);
  const restarted = open(node).queue;
  expect(restarted.backlog.size).toBe(2);
  expect([...restarted.backlog.jobQueues()].map(([row]) => row?.n)).toEqual([7, 8]);
});

test("counts follow every change", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  expect([...store.counts.total()]).toEqual([]);
  queue.enqueue(many(0, 4), null);
  queue.commit({ ...EMPTY_PLAN, superseded: [2] });
  const counted = (): object => Object.fromEntries(store.counts.total());
  expect(counted()).toEqual({ pending: 3, superseded: 1 });
  queue.reopen([2], "manual", queue.state);
  expect(counted()).toEqual({ pending: 4 });
  queue.forget(store.jobs.erase("s", "g0", Infinity).removed);
  expect(counted()).toEqual({ pending: 3 });
  expect(queue.backlog.size).toBe(3);
  expect(queue.reopen([99], "manual", queue.state)).toBe(0);
});

test("what has gone to another shard may come back, once", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  const [first = dispatch(0)] = many(0, 1);
  queue.enqueue([first], null);
  const moved = store.moved.read(1);
  queue.handedOver("s", "g0", new Set([1]));
  expect(queue.backlog.size).toBe(0);
  queue.adopt(moved === null ? [] : [moved]);
  expect([...queue.backlog.rows()].map(({ n, job }) => [n, job])).toEqual([[2, "s/g0"]]);
  queue.adopt(moved === null ? [] : [moved]);
  expect([queue.enqueue([first], null), queue.backlog.size]).toEqual([[], 1]);
});

/** Takes the result of an attempt that arrived. */
function arrive(queue: SubscriberQueue, n: number): void {
  const row = queue.backlog.get(n);
  if (row === undefined) throw new Error(`${n} does not wait`);
  const entry = {
    time: Date.now(),
    status: 204,
    error: null,
    ms: 1,
    trigger: "initial",
    answer: "",
  } as const;
  queue.finish({
    row: { ...row, attempts: 1 },
    state: "delivered",
    outcome: "delivered",
    sent: true,
    entry,
    subscriberState: queue.state,
  });
}

const states = (node: NodeStorage): readonly string[] =>
  node.storage.sql
    .exec<{ state: string }>("SELECT state FROM delivery ORDER BY n")
    .toArray()
    .map(({ state }) => state);

test("results are written together, in the end all of them, each once", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  queue.enqueue(many(0, 3), null);
  arrive(queue, 1);
  arrive(queue, 2);
  expect(states(node)).toEqual(["pending", "pending", "pending"]);
  queue.flush();
  queue.flush();
  expect(states(node)).toEqual(["delivered", "delivered", "pending"]);
  expect(store.history.find(1)?.log).toHaveLength(1);
});

test("results are written when there are many", () => {
  const node = openStorage();
  const { queue } = open(node);
  queue.enqueue(many(0, 50), null);
  for (let n = 1; n <= 50; n += 1) arrive(queue, n);
  expect(states(node).filter((state) => state === "delivered").length).toBeGreaterThanOrEqual(32);
});

test("a crash before results are written makes their deliveries wait again", () => {
  const node = openStorage();
  const { queue } = open(node);
  queue.enqueue(many(0, 2), null);
  arrive(queue, 1);
  expect(queue.backlog.size).toBe(1);
  expect(open(node).queue.backlog.size).toBe(2);
});

test("a delivery that is started over right after it arrived stays pending", () => {
  const node = openStorage();
  const { queue } = open(node);
  queue.enqueue(many(0, 2), null);
  arrive(queue, 1);
  expect(queue.reopen([1], "manual", queue.state)).toBe(1);
  queue.flush();
  expect(states(node)).toEqual(["pending", "pending"]);
  expect([...queue.backlog.rows()].map(({ n, cause }) => [n, cause])).toContainEqual([1, "manual"]);
});

test("progress that is superseded after a failed attempt stays superseded", () => {
  const node = openStorage();
  const { queue } = open(node);
  queue.enqueue(many(0, 1), null);
  const row = queue.backlog.get(1);
  if (row === undefined) throw new Error("one row");
  const entry = {
    time: Date.now(),
    status: 0,
    error: "impossible",
    ms: 1,
    trigger: "initial",
    answer: null,
  } as const;
  queue.finish({
    row: { ...row, attempts: 1 },
    state: "pending",
    outcome: "retry",
    sent: true,
    entry,
    subscriberState: queue.state,
  });
  queue.commit({ ...EMPTY_PLAN, superseded: [1] });
  queue.flush();
  expect(states(node)).toEqual(["superseded"]);
});

test("a change of the state is written at once, with the results before it", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  queue.enqueue(many(0, 1), null);
  arrive(queue, 1);
  queue.save({ ...queue.state, health: { state: "paused", since: 7 } });
  expect(states(node)).toEqual(["delivered"]);
  expect(store.state().health).toEqual({ state: "paused", since: 7 });
});

test("events are read together, come back as they were, and are forgotten when erased", () => {
  const node = openStorage();
  const raw = { contentType: "application/x-odd", body: Uint8Array.of(0, 255, 10) };
  const large: Dispatch = {
    ...dispatch(4),
    event: { ...dispatch(4).event, details: { filler: "ä€😀\u0000".repeat(5_000) } },
  };
  const given = [dispatch(1), dispatch(2), { ...dispatch(3), raw }, large, dispatch(5)];
  open(node).queue.enqueue(given, null);
  const { queue, store } = open(node);
  expect(queue.dispatchOf(2)?.dispatch).toEqual(given[1]);
  // Read with the one before, so that the table is not asked again.
  node.storage.sql.exec("UPDATE delivery SET id = 'dlv_changed' WHERE n IN (?, ?)", 1, 5);
  expect(queue.dispatchOf(1)?.id).not.toBe("dlv_changed");
  expect([3, 4].map((n) => queue.dispatchOf(n)?.dispatch)).toEqual([given[2], given[3]]);
  queue.dispatchOf(1);
  queue.forget(store.jobs.erase("s", "g5", Infinity).removed);
  expect(queue.dispatchOf(5)).toBeNull();
});

test("deliveries come up in turns: the first of every job, then the second", () => {
  const { queue } = open(openStorage());
  const jobs = ["a", "a", "a", "b", "b", "c"];
  queue.enqueue(
    jobs.map((guid, index) => dispatch(index, { guid })),
    null,
  );
  const heads = (): readonly (number | undefined)[] =>
    [...queue.backlog.jobQueues()].map(([row]) => row?.n);
  expect([...queue.backlog.upcoming(Date.now(), new Set([4]))]).toEqual([1, 6, 2, 5, 3]);
  expect(heads()).toEqual([1, 4, 6]);
  arrive(queue, 1);
  expect(heads()).toEqual([4, 6, 2]);
  arrive(queue, 6);
  expect(heads()).toEqual([4, 2]);
});

test("an attempt that sent nothing is in the log of its delivery and in no statistic", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  queue.enqueue(many(0, 2), null);
  arrive(queue, 1);
  const row = queue.backlog.get(2);
  if (row === undefined) throw new Error("two rows");
  const entry = {
    time: Date.now(),
    status: 0,
    error: "no file",
    ms: 0,
    trigger: "initial",
    answer: null,
  } as const;
  queue.finish({
    row: { ...row, attempts: 1 },
    state: "cancelled",
    outcome: "cancelled",
    sent: false,
    entry,
    subscriberState: queue.state,
  });
  queue.flush();
  expect(store.history.find(2)).toMatchObject({ state: "cancelled", log: [entry] });
  expect(store.history.sample(10)).toEqual({ attempts: 1, successes: 1, latencies: [1] });
});

test("an event that comes again with a URL, as an amendment, is one more delivery, once", () => {
  const node = openStorage();
  const { queue } = open(node);
  const [first = dispatch(1)] = many(1, 2);
  const amended = {
    ...first,
    event: { ...first.event, url: "https://files.example.com/f.csv" },
    replay: "amended",
  };
  expect(queue.enqueue([first], null)).toHaveLength(1);
  expect(queue.enqueue([amended], null)).toHaveLength(1);
  expect(queue.enqueue([amended], null)).toEqual([]);
  expect(open(node).queue.enqueue([amended], null)).toEqual([]);
  expect([1, 2].map((n) => queue.dispatchOf(n)?.dispatch.event)).toMatchObject([
    { id: first.event.id, url: null },
    { id: first.event.id, url: "https://files.example.com/f.csv" },
  ]);
});

/** Delivers an event that is in memory alone, while its call waits. */
function deliverHeld(queue: SubscriberQueue, index: number): number {
  const n = queue.hold(dispatch(index));
  if (n === null) throw new Error("the event is stored at once");
  arrive(queue, n);
  return n;
}

test("a result that a full disk refuses is written when there is room, and never forgotten", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  queue.enqueue([dispatch(1)], null);
  fillDisk(node, /^\s*(?:INSERT INTO|UPDATE) delivery/, 2);
  arrive(queue, 1);
  const held = deliverHeld(queue, 2);
  expect(() => queue.flushResults()).toThrow("SQLITE_FULL");
  expect(store.history.find(1)?.state).toBe("pending");
  queue.flushResults();
  expect([1, held].map((n) => store.history.find(n)?.state)).toEqual(["delivered", "delivered"]);
  expect(open(node).queue.backlog.size).toBe(0);
});

test("a result that can never be written holds back no other", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  queue.enqueue([dispatch(1)], null);
  fillDisk(node, /^\s*INSERT INTO delivery/, Infinity);
  deliverHeld(queue, 2);
  arrive(queue, 1);
  expect(() => queue.flushResults()).toThrow("SQLITE_FULL");
  expect(store.history.find(1)?.state).toBe("delivered");
});

test("a body of several rows is stored whole or not at all", () => {
  const node = openStorage();
  const { queue, store } = open(node);
  const one = dispatch(1);
  const n = queue.hold({ ...one, event: { ...one.event, details: { note: "x".repeat(3e6) } } });
  fillDisk(node, /^INSERT INTO spill/, 1);
  expect(() => queue.flush()).toThrow("SQLITE_FULL");
  expect(store.history.find(n ?? 0)).toBeNull();
  queue.flush();
  const found = open(node).queue.dispatchOf(n ?? 0)?.dispatch.event as JobEnvelope | undefined;
  expect(found?.details["note"]).toHaveLength(3e6);
});
