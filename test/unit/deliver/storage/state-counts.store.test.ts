// Counts of deliveries by state: always those of the table, whatever changes, and read by pages.

import { array, assert, constantFrom, integer, oneof, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import type { StoredState } from "../../../../src/deliver/delivery.ts";
import { MIGRATIONS } from "../../../../src/deliver/tables.ts";
import { StateCounts } from "../../../../src/deliver/storage/state-counts.store.ts";
import { migrate } from "../../../../src/durable/migrations.store.ts";
import { fillDisk, openStorage } from "../sqlite.ts";

const STATES: readonly StoredState[] = ["pending", "delivered", "superseded", "dead", "cancelled"];

/** A table of deliveries that is changed as the store changes it. */
function open() {
  const node = openStorage();
  const { sql } = node.storage;
  migrate(node.storage, MIGRATIONS);
  const nextN = (): number =>
    (sql.exec<{ n: number | null }>("SELECT max(n) AS n FROM delivery WHERE n > ?", 0).toArray()[0]
      ?.n ?? 0) + 1;
  const table = {
    counts: new StateCounts(sql, 1, false),
    node,
    insert: (count: number) => {
      const first = nextN();
      sql.exec(
        `WITH RECURSIVE r(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM r WHERE i < ?)
          INSERT INTO delivery (n, id, key, event_id, event, source, state, at, due, waiting, cause,
            attempts, step, instant, log, json_bytes, body)
          SELECT i, i, i, i, 'job.created', 's', 'pending', 0, 0, 'fresh', 'schedule', 0, 0, 0, '', 0, ''
          FROM r`,
        first,
        first + count - 1,
      );
      for (let n = first; n < first + count; n += 1) table.counts.move(n, null, "pending", true);
      table.counts.close(first + count);
    },
    change: (n: number, to: StoredState | null, waiting = "fresh") => {
      const before = sql
        .exec<{ state: StoredState }>("SELECT state FROM delivery WHERE n = ?", n)
        .toArray()[0];
      if (before === undefined) return;
      if (to === null) sql.exec("DELETE FROM delivery WHERE n = ?", n);
      else sql.exec("UPDATE delivery SET state = ?, waiting = ? WHERE n = ?", to, waiting, n);
      table.counts.move(n, before.state, to, to === "pending" && waiting === "fresh");
      table.counts.save();
    },
    restart: (mayLack = false) => {
      table.counts = new StateCounts(sql, nextN(), mayLack);
    },
    fresh: () => [...table.counts.freshBetween(0, nextN())],
    scannedFresh: () =>
      (
        sql
          .exec("SELECT n FROM delivery WHERE state = 'pending' AND waiting = 'fresh' ORDER BY n")
          .toArray() as unknown as readonly { n: number }[]
      ).map(({ n }) => n),
    scanned: () =>
      new Map(
        (
          sql
            .exec("SELECT state, count(*) AS c FROM delivery GROUP BY state")
            .toArray() as unknown as readonly { state: StoredState; c: number }[]
        ).map(({ state, c }) => [state, c]),
      ),
  };
  return table;
}

const sorted = (counts: ReadonlyMap<string, number>): readonly unknown[] =>
  [...counts].toSorted(([left], [right]) => (left < right ? -1 : 1));

test("counts and fresh deliveries follow every change, over restarts and erasures", () => {
  const steps = oneof(
    record({ kind: constantFrom("insert" as const), count: integer({ min: 1, max: 1_500 }) }),
    record({
      kind: constantFrom("change" as const),
      n: integer({ min: 1, max: 6_000 }),
      to: constantFrom(...STATES, null),
      waiting: constantFrom("fresh", "refusal"),
    }),
    record({ kind: constantFrom("restart" as const, "total" as const) }),
  );
  assert(
    property(array(steps, { maxLength: 30 }), (all) => {
      const table = open();
      for (const step of all) {
        if (step.kind === "insert") table.insert(step.count);
        else if (step.kind === "change") table.change(step.n, step.to, step.waiting);
        else if (step.kind === "restart") table.restart();
        else table.counts.total();
      }
      for (const _ of ["as it is", "after a restart"]) {
        expect(sorted(table.counts.total())).toEqual(sorted(table.scanned()));
        expect(table.fresh()).toEqual(table.scannedFresh());
        table.restart();
      }
      table.node.close();
    }),
    { numRuns: 50 },
  );
});

describe("a state that few deliveries are in", () => {
  test("is looked for only in the pages that have it, the newest first", () => {
    const table = open();
    table.insert(10_000);
    for (const n of [1, 2_500, 9_999]) table.change(n, "dead");
    expect([...table.counts.rangesOf("dead", { after: 0, upTo: 10_000 })]).toEqual([
      { after: 9_000, upTo: 10_000 },
      { after: 2_000, upTo: 3_000 },
      { after: 0, upTo: 1_000 },
    ]);
    expect([...table.counts.rangesOf("dead", { after: 2_700, upTo: 9_500 })]).toEqual([
      { after: 9_000, upTo: 9_500 },
      { after: 2_700, upTo: 3_000 },
    ]);
    table.node.close();
  });
});

test("pages of an earlier version are counted step by step, and the table is read until then", () => {
  const table = open();
  table.insert(30_000);
  table.node.storage.sql.exec("DELETE FROM state_page WHERE page >= ?", 0);
  table.restart(true);
  expect(table.counts.isComplete).toBe(false);
  expect(table.fresh()).toEqual(table.scannedFresh());
  expect(table.counts.total()).toEqual(new Map([["pending", 30_000]]));
  for (let step = 0; step < 15; step += 1) table.counts.build();
  expect(table.counts.isComplete).toBe(true);
  expect(table.fresh()).toEqual(table.scannedFresh());
  table.change(5, "delivered");
  expect(table.counts.total()).toEqual(
    new Map([
      ["pending", 29_999],
      ["delivered", 1],
    ]),
  );
  table.node.close();
});

test("a page knows when its newest delivery was enqueued, whatever their order", () => {
  const table = open();
  table.insert(500);
  table.node.storage.sql.exec("UPDATE delivery SET at = ? WHERE n = ?", 77, 3);
  table.insert(2_500);
  expect([table.counts.newestOf(0), table.counts.newestOf(1), table.counts.newestOf(2)]).toEqual([
    77,
    0,
    null,
  ]);
  table.node.close();
});

test("a failed attempt of a delivery that had failed writes no page", () => {
  const table = open();
  table.insert(4_000);
  table.change(7, "pending", "refusal");
  const { sql } = table.node.storage;
  sql.exec("DELETE FROM state_page WHERE page >= ?", 0);
  table.change(7, "pending", "refusal");
  expect(sql.exec("SELECT page FROM state_page").toArray()).toEqual([]);
  table.change(7, "delivered", "refusal");
  expect(sql.exec("SELECT page FROM state_page").toArray()).toEqual([{ page: 0 }]);
  table.node.close();
});

test("a page that a full disk refuses is counted later, and the total is right meanwhile", () => {
  const table = open();
  table.insert(5_000);
  table.node.storage.sql.exec("DELETE FROM state_page WHERE page >= ?", 0);
  table.restart(true);
  fillDisk(table.node, /INTO state_page/, 1);
  expect(() => table.counts.build()).toThrow("SQLITE_FULL");
  expect(table.counts.total()).toEqual(new Map([["pending", 5_000]]));
  for (let round = 0; round < 3; round += 1) table.counts.build();
  expect([table.counts.isComplete, table.counts.total().get("pending")]).toEqual([true, 5_000]);
  table.node.close();
});
