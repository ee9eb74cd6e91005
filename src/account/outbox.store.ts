// The outbox of an account: its own events that a subscriber's object has not acknowledged yet.

import type { Millis } from "../kernel/time.ts";
import type { Dispatch, RawBody } from "../model/messages.ts";
import type { NewOutboxEntry } from "./entries.ts";
import { DRAIN_LEASE, retryAt } from "./retention.ts";
import type { AccountTables } from "./tables.store.ts";

/** A row of the outbox, with how often its dispatch has failed. */
export interface OutboxEntry extends NewOutboxEntry {
  readonly failures: number;
}

/** Whether the subscriber's object has acknowledged an entry. */
export interface DrainResult {
  readonly entry: OutboxEntry;
  readonly acknowledged: boolean;
}

type OutboxRow = {
  id: string;
  subscriber: string;
  shard: number;
  failures: number;
  dispatch: string;
  raw: ArrayBuffer | null;
  raw_type: string | null;
};

const rawOf = (row: Pick<OutboxRow, "raw" | "raw_type">): { readonly raw?: RawBody } =>
  row.raw === null || row.raw_type === null
    ? {}
    : { raw: { contentType: row.raw_type, body: new Uint8Array(row.raw) } };

const entryOf = ({ dispatch, raw, raw_type, ...row }: OutboxRow): OutboxEntry => ({
  id: row.id,
  subscriber: row.subscriber,
  shard: row.shard,
  failures: row.failures,
  dispatch: { ...(JSON.parse(dispatch) as Dispatch), ...rawOf({ raw, raw_type }) },
});

/** Typed access to the outbox; part of an `AccountStore`. It is empty most of the time. */
export class OutboxStore {
  readonly #sql: SqlStorage;
  readonly #tables: AccountTables;

  constructor(sql: SqlStorage, tables: AccountTables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** Adds an entry that is due at `due`. */
  add(entry: NewOutboxEntry, due: Millis): void {
    this.#tables.create();
    const { raw, ...dispatch } = entry.dispatch;
    this.#sql.exec(
      `INSERT INTO outbox (id, subscriber, shard, due, failures, dispatch, raw, raw_type)
       VALUES (?, ?, ?, ?, 0, ?, ?, ?)`,
      entry.id,
      entry.subscriber,
      entry.shard,
      due,
      JSON.stringify(dispatch),
      raw?.body ?? null,
      raw?.contentType ?? null,
    );
  }

  /** When the next entry is due; `null` without one. */
  nextDue(): Millis | null {
    if (!this.#tables.exist) return null;
    return this.#sql.exec<{ due: number | null }>("SELECT MIN(due) AS due FROM outbox").one().due;
  }

  /**
   * Leases at most `limit` due entries for `DRAIN_LEASE`, so that no other run sends them
   * meanwhile.
   */
  lease(now: Millis, limit: number): readonly OutboxEntry[] {
    if (!this.#tables.exist) return [];
    const rows = this.#sql
      .exec<OutboxRow>("SELECT * FROM outbox WHERE due <= ? ORDER BY due, id LIMIT ?", now, limit)
      .toArray();
    for (const { id, subscriber } of rows) {
      this.#sql.exec(
        "UPDATE outbox SET due = ? WHERE id = ? AND subscriber = ?",
        now + DRAIN_LEASE,
        id,
        subscriber,
      );
    }
    return rows.map(entryOf);
  }

  /** Removes what was acknowledged, and schedules the retry of what was not. */
  settle(results: readonly DrainResult[], now: Millis): void {
    for (const { entry, acknowledged } of results) {
      const { id, subscriber } = entry;
      if (acknowledged) {
        this.#sql.exec("DELETE FROM outbox WHERE id = ? AND subscriber = ?", id, subscriber);
        continue;
      }
      const failures = entry.failures + 1;
      this.#sql.exec(
        "UPDATE outbox SET due = ?, failures = ? WHERE id = ? AND subscriber = ?",
        retryAt(now, failures),
        failures,
        id,
        subscriber,
      );
    }
  }
}
