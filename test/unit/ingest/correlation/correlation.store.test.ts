// The runs of one key: an event is looked up, however many runs there are.

import { afterEach, beforeEach, expect, test } from "vitest";
import { CorrelationStore } from "../../../../src/ingest/correlation/correlation.store.ts";
import type { Run, RunEvent } from "../../../../src/ingest/correlation/runs.ts";
import { openStorage, type NodeStorage } from "../../deliver/sqlite.ts";

let node: NodeStorage;
let store: CorrelationStore;
beforeEach(() => {
  node = openStorage();
  store = new CorrelationStore(node.storage);
  store.open();
});
afterEach(() => node.close());

const whole = (n: number): Run => ({
  guid: `g${n}`,
  started: { eventId: `s${n}`, createdAt: n },
  completed: { eventId: `c${n}`, createdAt: n + 1 },
});
const open = (n: number): Run => ({
  guid: `o${n}`,
  started: { eventId: `s${n}`, createdAt: n },
  completed: null,
});
const completed = (eventId: string, createdAt: number): RunEvent => ({
  phase: "completed",
  eventId,
  createdAt,
});

test("no query looks at all runs", () => {
  store.put(whole(1), 10, "c1");
  for (const phase of ["started", "completed"] as const)
    store.runsFor({ phase, eventId: "x", createdAt: 5 }, ["g1"]);
  store.prune("", 5, 100);
  store.isEmpty();
  const scans = [...node.plans()].filter(
    ([query, plan]) =>
      plan.some((line) => line.startsWith("SCAN runs")) && !query.includes("LIMIT 1"),
  );
  expect(scans).toEqual([]);
});

test("an event gets the run that it joined, the one that it opened, and the oldest open ones", () => {
  for (let n = 0; n < 100; n += 1) store.put(whole(n), 10_000, `c${n}`);
  for (let n = 200; n < 300; n += 1) store.put(open(n), 10_000, null);
  expect(store.runsFor(completed("c7", 8), [])).toEqual([whole(7)]);
  expect(store.runsFor(completed("other", 500), ["g3"])).toEqual([
    whole(3),
    ...Array.from({ length: 10 }, (_, index) => open(200 + index)),
  ]);
});

test("runs of an earlier version are found by both of their events", () => {
  store.put(whole(1), 10, null);
  expect(store.runsFor(completed("c1", 9), [])).toEqual([whole(1)]);
  expect(store.runsFor({ phase: "started", eventId: "s1", createdAt: 9 }, [])).toEqual([whole(1)]);
});

test("retention looks at a bounded number of runs, and says where it goes on", () => {
  for (const [n, expiresAt] of [1, 9, 2, 7, 3].entries()) store.put(whole(n), expiresAt, null);
  expect(store.prune("", 5, 2)).toEqual({ end: "g1", nextExpiry: 9 });
  expect(store.prune("g1", 5, 2)).toEqual({ end: "g3", nextExpiry: 7 });
  expect(store.prune("g3", 5, 2)).toEqual({ end: null, nextExpiry: null });
  expect(store.isEmpty()).toBe(false);
  expect(store.prune("", 10, 9)).toEqual({ end: null, nextExpiry: null });
  expect(store.isEmpty()).toBe(true);
});
