// The provider's bytes behind events and records, kept while a `raw` subscriber needs them.

import type { RawBody } from "../../model/messages.ts";
import { RAW_TABLE } from "./tables.ts";

/** Whose bytes a row holds: those of an event (`n` is its `seq`), or of a record (its number). */
export type RawOwner = "event" | "recorded";

/** The table of raw bodies, which exists once the first of them is kept. */
export class RawStore {
  readonly #sql: SqlStorage;
  #exists = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Tells which tables there are: at a wake, after a failure, after everything was deleted. */
  reset(tables: ReadonlySet<string>): void {
    this.#exists = tables.has("raw");
  }

  /** Keeps the bytes of an event or a record; `null` keeps nothing. */
  save(owner: RawOwner, n: number, raw: RawBody | null): void {
    if (raw === null) return;
    if (!this.#exists) this.#sql.exec(RAW_TABLE);
    this.#exists = true;
    this.#sql.exec(
      "INSERT INTO raw (owner, n, type, body) VALUES (?, ?, ?, ?)",
      owner,
      n,
      raw.contentType,
      raw.body,
    );
  }

  /** The bytes of an event or a record; `null` when they were not kept. */
  read(owner: RawOwner, n: number): RawBody | null {
    if (!this.#exists) return null;
    const row = this.#sql
      .exec<{ type: string; body: ArrayBuffer }>(
        "SELECT type, body FROM raw WHERE owner = ? AND n = ?",
        owner,
        n,
      )
      .toArray()[0];
    return row === undefined ? null : { contentType: row.type, body: new Uint8Array(row.body) };
  }
}
