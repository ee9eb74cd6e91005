// No statement of a subscriber reads a whole table or sorts one, but for a few with a reason.

import { globSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SubscriberQueue } from "../../../src/deliver/queue/queue.io.ts";
import { WINDOW_LIMITS } from "../../../src/deliver/queue/window/limits.ts";
import { Acts } from "../../../src/deliver/storage/act.store.ts";
import { INITIAL_STATE } from "../../../src/deliver/state.ts";
import { SubscriberStore } from "../../../src/deliver/subscriber.store.ts";
import { MAX_KEPT_ATTEMPTS } from "../../../src/deliver/tables.ts";
import { DAY, iso } from "../../../src/kernel/time.ts";
import { dispatch, filled } from "./filled.ts";
import { costly, isMadeOf, statementsIn, type Statement } from "./statements.ts";
import type { NodeStorage } from "./sqlite.ts";

const FOLDER = join(import.meta.dirname, "../../../src/deliver");
const STORES = globSync("**/*.store.ts", { cwd: FOLDER });

/** Statements whose plans may be costly: a part of their text, and why. */
const REASONS: readonly (readonly [part: string, why: string])[] = [
  ["SELECT key, at FROM delivery ORDER BY n DESC LIMIT", "reads the newest rows, a fixed number"],
  ["FROM delivery ORDER BY n DESC LIMIT ?)", "reads the newest rows, a fixed number"],
  ["SELECT at FROM delivery ORDER BY n LIMIT 1", "reads one row"],
  ["DELETE FROM gone WHERE at <", "reads the jobs of a day, once for each instance"],
  ["ORDER BY waiting = 'refusal', n LIMIT", "sorts what waits of one job"],
  ["WHERE key IN (SELECT value", "only while pages of an earlier version are missing"],
  [
    "FROM delivery WHERE source = ? AND guid = ?",
    "only while pages of an earlier version are missing",
  ],
  [
    "FROM delivery WHERE at <= ? AND source = ? AND guid = ?",
    "only while pages of an earlier version are missing",
  ],
];

/** Thousands of rows take a second, and more where others use the machine as well. */
const SLOW_MACHINE_MS = 60_000;

const nodes: NodeStorage[] = [];
let plans: ReadonlyMap<string, readonly string[]> = new Map();

/** A subscriber of 4,500 deliveries in all states of life. */
function playWith(node: NodeStorage): void {
  nodes.push(node);
  const { sql } = node.storage;
  const limits = { ...WINDOW_LIMITS, rows: 40, most: 80, batch: 20, perJob: 5, evictAbove: 10 };
  const restart = (): { store: SubscriberStore; queue: SubscriberQueue } => {
    const store = new SubscriberStore(node.storage);
    return { store, queue: new SubscriberQueue(node.storage, store, limits) };
  };
  sql.exec("UPDATE delivery SET due = ? WHERE n < ?", Date.now() - 1, 30);
  sql.exec("UPDATE delivery SET waiting = 'unavailable' WHERE n < ?", 300);
  const { store, queue } = restart();
  const old = iso(Date.now() - DAY);
  queue.enqueue([dispatch(1), dispatch(2, { time: old })], null);
  const ofOne = Array.from({ length: 12 }, (_, index) =>
    dispatch(90_000 + index, { guid: "long", seq: index + 1 }),
  );
  queue.enqueue(ofOne, null);
  queue.enqueue([dispatch(80_000, { details: { filler: "x".repeat(1_600_000) } })], "manual");
  const large = store.nextN() - 1;
  queue.dispatchOf(large);
  queue.dispatchOf(5);
  const row = queue.backlog.get(large);
  if (row === undefined) throw new Error("what an operator asks for is in memory");
  const answered = { time: 1, status: 500, error: null, ms: 1, answer: "" };
  const entry = { ...answered, trigger: "manual" } as const;
  for (const attempts of [1, MAX_KEPT_ATTEMPTS + 1])
    store.attempted({ row: { ...row, attempts }, state: "pending", sent: true, entry });
  for (const gate of ["open", "probe", "shut"] as const) queue.load(gate);
  queue.commit({
    send: [],
    superseded: [40],
    inheritedWaits: [{ n: 41, due: 7 }],
    rests: [...queue.backlog.jobQueues()].map(([one]) => ({
      job: one?.job ?? "",
      until: Date.now() + DAY,
    })),
    wake: null,
  });
  const acts = new Acts(sql);
  for (const id of ["act-1", "act-1"]) acts.once({ id, now: DAY, did: () => true }, () => 1);
  queue.trim();
  queue.save({ ...INITIAL_STATE, health: { state: "paused", since: 1 } });
  queue.save(INITIAL_STATE);
  queue.load("open");
  queue.reopen([4_000], "replay", queue.state);
  queue.enqueue(
    Array.from({ length: 1_500 }, (_, index) => dispatch(100_000 + index)),
    null,
  );
  const { history, moved, pages, waiting } = store;
  history.list({}, 9_000, 5);
  history.list({ guid: "g7" }, 9_000, 5);
  history.list({ state: "pending", event: "job.created", since: 1, until: 2 }, 9_000, 5);
  history.count({ state: "pending" }, 9_000);
  history.select({ state: "pending" }, { after: 0, upTo: 9_000 }, 5);
  history.sample(9);
  history.lastSent(9);
  history.oldest();
  waiting.oldest();
  waiting.ofJobs(["s/g1"], 5);
  waiting.freshOfJob("s/long", { from: 0, to: 9_000 }, 5);
  store.counts.total();
  pages.known([{ key: "evt_7", notBefore: 0 }]);
  const whole = moved.read(large);
  if (whole === null) throw new Error("it waits");
  moved.jobsAfter(0, () => true);
  queue.adopt([{ ...whole, key: "another", id: "dlv_another" }]);
  moved.rowOf("dlv_another");
  moved.surveyed();
  queue.handedOver("s", "g9", new Set([9]));
  for (const shard of [1, null]) store.gone.add("s", "g9", { at: DAY, shard });
  store.gone.moved("s", "g9");
  store.gone.isErased("s", "g9", DAY);
  store.gone.cameBack("s", "g9", { at: DAY, shard: 0 });
  queue.erase("s", "g11", Infinity);
  queue.erase("s", "g12", Infinity, true);
  for (let after: number | null = 0; after !== null;)
    after = history.prune(after, Infinity, ({ n }) => n < 1_200).end;
  pages.build();
  restart();
}

beforeAll(() => {
  playWith(filled({ count: 4_500, refused: 500, fresh: [600, 3_000] }));
  const lacking = filled({ count: 4_500, refused: 500 });
  lacking.storage.sql.exec("INSERT INTO survey VALUES (?)", 2);
  lacking.storage.sql.exec("DELETE FROM key_page WHERE page > ?", 1);
  lacking.storage.sql.exec("DELETE FROM state_page WHERE page > ?", 1);
  playWith(lacking);
  const all = nodes.flatMap((node) => [...node.plans()]);
  plans = new Map(all.filter(([query]) => !query.includes("WITH RECURSIVE")));
}, SLOW_MACHINE_MS);
afterAll(() => {
  for (const node of nodes) node.close();
});

const isCarriedOut = (statement: Statement): boolean =>
  [...plans.keys()].some((query) => isMadeOf(query, statement));

describe.each(STORES)("%s", (path) => {
  const statements = statementsIn(join(FOLDER, path));
  test("has its statements carried out here, all of them", () => {
    const left = statements.filter((statement) => !isCarriedOut(statement));
    expect(left).toEqual([]);
  });
});

test("no statement reads a whole table or index, or sorts, without a reason", () => {
  const found = [...plans].flatMap(([query, plan]) => {
    const text = query.replaceAll(/\s+/g, " ");
    return costly(plan).length === 0 || REASONS.some(([part]) => text.includes(part))
      ? []
      : [{ text, plan }];
  });
  expect(found).toEqual([]);
});

test("every reason is needed", () => {
  const unused = REASONS.filter(
    ([part]) =>
      ![...plans].some(
        ([query, plan]) => query.replaceAll(/\s+/g, " ").includes(part) && costly(plan).length > 0,
      ),
  );
  expect(unused).toEqual([]);
});
