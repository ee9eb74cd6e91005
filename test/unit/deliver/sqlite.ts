// The storage of an object on Node's own SQLite, for tests that need thousands of objects.

import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** The storage, and the alarm it was asked to set. */
export interface NodeStorage {
  readonly storage: DurableObjectStorage;
  alarm: number | null;
  readonly close: () => void;
  /** How many queries there were so far, and how many rows they answered. */
  readonly counted: () => { readonly queries: number; readonly rows: number };
  /** How SQLite carries out each query so far, one line for each table or index that it reads. */
  readonly plans: () => ReadonlyMap<string, readonly string[]>;
}

const nodeValue = (value: unknown): SQLInputValue =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : (value as SQLInputValue);

/** What a query answers. */
interface Cursor extends Iterable<unknown> {
  readonly toArray: () => unknown[];
  readonly one: () => unknown;
  readonly rowsWritten: number;
}

const cursor = (rows: unknown[], rowsWritten = 0): Cursor => ({
  toArray: () => rows,
  one: () => rows[0],
  [Symbol.iterator]: () => rows.values(),
  rowsWritten,
});

/** Opens a database in memory. */
export function openStorage(): NodeStorage {
  const db = new DatabaseSync(":memory:");
  const queries = new Set<string>();
  const statements = new Map<string, StatementSync>();
  const counted = { queries: 0, rows: 0 };
  const exec = (query: string, ...bindings: readonly unknown[]): Cursor => {
    if (bindings.length === 0 && !/^\s*SELECT/i.test(query)) {
      db.exec(query);
      return cursor([]);
    }
    queries.add(query);
    counted.queries += 1;
    const statement = statements.get(query) ?? db.prepare(query);
    statements.set(query, statement);
    if (/^\s*SELECT/i.test(query)) {
      const rows = statement.all(...bindings.map(nodeValue));
      counted.rows += rows.length;
      return cursor(rows);
    }
    return cursor([], Number(statement.run(...bindings.map(nodeValue)).changes));
  };
  // As on the platform, one transaction may be made inside another.
  const transactionSync = <T>(closure: () => T): T => {
    db.exec("SAVEPOINT step");
    try {
      const value = closure();
      db.exec("RELEASE step");
      return value;
    } catch (thrown) {
      db.exec("ROLLBACK TO step");
      db.exec("RELEASE step");
      throw thrown;
    }
  };
  const one: NodeStorage = {
    storage: {
      sql: { exec },
      transactionSync,
      deleteAll: () => {
        const tables = exec("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
        for (const { name } of tables as readonly { readonly name: string }[])
          db.exec(`DROP TABLE "${name}"`);
        return Promise.resolve();
      },
      setAlarm: (at: number) => {
        one.alarm = at;
        return Promise.resolve();
      },
    } as unknown as DurableObjectStorage,
    alarm: null,
    counted: () => ({ ...counted }),
    plans: () =>
      new Map(
        [...queries].map((query) => {
          const parameters = Math.max(
            (query.match(/\?(?!\d)/g) ?? []).length,
            ...[...query.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number)),
          );
          const plan = db
            .prepare(`EXPLAIN QUERY PLAN ${query}`)
            .all(...Array.from({ length: parameters }, () => null));
          return [query, plan.map((row) => String(row["detail"]))];
        }),
      ),
    close: () => db.close(),
  };
  return one;
}

/** Lets the next `count` statements that match fail, as on a full disk. */
export function fillDisk({ storage }: NodeStorage, pattern: RegExp, count: number): void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  let left = count;
  sql.exec = ((query: string, ...bindings: unknown[]) => {
    if (left > 0 && pattern.test(query)) {
      left -= 1;
      throw new Error("database or disk is full: SQLITE_FULL");
    }
    return exec(query, ...bindings);
  }) as typeof sql.exec;
}
