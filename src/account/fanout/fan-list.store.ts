// The fans that an account sends its events to: one row each, while the fan has viewers.

import type { AccountTables } from "../tables.store.ts";

/** Typed access to the list; part of an `AccountStore`. */
export class FanList {
  readonly #sql: SqlStorage;
  readonly #tables: AccountTables;
  #known: Set<number> | null = null;

  constructor(sql: SqlStorage, tables: AccountTables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** The fans in use. */
  all(): ReadonlySet<number> {
    if (!this.#tables.exist) return new Set();
    this.#known ??= new Set(
      this.#sql
        .exec<{ fan: number }>("SELECT fan FROM fan ORDER BY fan")
        .toArray()
        .map(({ fan }) => fan),
    );
    return this.#known;
  }

  add(fan: number): void {
    if (this.all().has(fan)) return;
    this.#tables.create();
    this.#sql.exec("INSERT INTO fan (fan) VALUES (?)", fan);
    this.#known?.add(fan);
  }

  remove(fan: number): void {
    if (!this.all().has(fan)) return;
    this.#sql.exec("DELETE FROM fan WHERE fan = ?", fan);
    this.#known?.delete(fan);
  }
}
