// Migrations are made as a whole or not at all.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  migrate,
  migrateBorn,
  tableNames,
  type Migration,
} from "../../../src/durable/migrations.store.ts";
import { openStorage, type NodeStorage } from "../deliver/sqlite.ts";

const FIRST: Migration = { id: "001_a", sql: "CREATE TABLE a (n INTEGER)" };
const SECOND: Migration = { id: "002_b", sql: "CREATE TABLE b (n INTEGER); ALTER TABLE a ADD m" };

let node: NodeStorage;
beforeEach(() => {
  node = openStorage();
});
afterEach(() => node.close());

/** The same storage, whose `at`th statement (from 0) finds the disk full. */
function failing(at: number): Pick<DurableObjectStorage, "sql" | "transactionSync"> {
  let count = 0;
  const exec = ((query: string, ...bindings: SqlStorageValue[]) => {
    count += 1;
    if (count > at) throw new Error("database or disk is full: SQLITE_FULL");
    return node.storage.sql.exec(query, ...bindings);
  }) as SqlStorage["exec"];
  const { sql } = node.storage;
  return {
    sql: Object.assign(Object.create(sql) as SqlStorage, { exec }),
    transactionSync: (closure) => node.storage.transactionSync(closure),
  };
}

const tables = (): readonly string[] => [...tableNames(node.storage.sql)].toSorted();

describe("a start that a full disk stops", () => {
  test.each([0, 1, 2, 3, 4])("at statement %i is made up for by the next one", (at) => {
    expect(() => migrate(failing(at), [FIRST, SECOND])).toThrow("SQLITE_FULL");
    expect(tables()).toEqual([]);
    migrate(node.storage, [FIRST, SECOND]);
    migrate(node.storage, [FIRST, SECOND]);
    expect(tables()).toEqual(["a", "b", "schema_history"]);
  });

  test.each([0, 1, 2, 3, 4])("at statement %i leaves an older object as it was", (at) => {
    node.storage.sql.exec(FIRST.sql);
    const born = { born: 1, tables: new Set(["a"]) };
    expect(() => migrateBorn(failing(at), [FIRST, SECOND], born)).toThrow("SQLITE_FULL");
    expect(tables()).toEqual(["a"]);
    migrateBorn(node.storage, [FIRST, SECOND], born);
    expect(tables()).toEqual(["a", "b", "schema_history"]);
  });
});

test("an id that was applied and is not in the code stops the start", () => {
  migrate(node.storage, [FIRST]);
  expect(() => migrate(node.storage, [SECOND])).toThrow("migration 001_a was applied");
});
