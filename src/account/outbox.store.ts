// The outbox of an account: its own events that a subscriber's object has not acknowledged yet.

import type { Millis } from "../kernel/time.ts";
import type { Dispatch, RawBody } from "../model/messages.ts";
import type { NewOutboxEntry } from "./entries.ts";
import { DRAIN_LEASE, MAX_DRAIN_SIZE, MAX_SHARED_ROW, retryAt } from "./retention.ts";
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

type EntryName = Pick<OutboxRow, "id" | "subscriber">;

const entryOf = (
  { id, subscriber, shard, failures, dispatch }: OutboxRow,
  raw: RawBody | null,
): OutboxEntry => ({
  id,
  subscriber,
  shard,
  failures,
  dispatch: { ...(JSON.parse(dispatch) as Dispatch), ...(raw === null ? {} : { raw }) },
});

/** Typed access to the outbox; part of an `AccountStore`. It is empty most of the time. */
export class OutboxStore {
  readonly #sql: SqlStorage;
  readonly #tables: AccountTables;
  /** What `nextDue` has read, so that no event reads the whole outbox; `undefined` until it has. */
  #nextDue: Millis | null | undefined;

  constructor(sql: SqlStorage, tables: AccountTables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** Adds an entry that is due at `due`. */
  add(entry: NewOutboxEntry, due: Millis): void {
    this.#tables.create();
    this.reload();
    const { raw, ...rest } = entry.dispatch;
    const dispatch = JSON.stringify(rest);
    // A character takes three bytes at most.
    const fits = 3 * dispatch.length + (raw?.body.byteLength ?? 0) <= MAX_SHARED_ROW;
    if (raw !== undefined && !fits)
      this.#sql.exec(
        "INSERT INTO outbox_raw (id, subscriber, body) VALUES (?, ?, ?)",
        entry.id,
        entry.subscriber,
        raw.body,
      );
    this.#sql.exec(
      `INSERT INTO outbox (id, subscriber, shard, due, failures, dispatch, raw, raw_type)
       VALUES (?, ?, ?, ?, 0, ?, ?, ?)`,
      entry.id,
      entry.subscriber,
      entry.shard,
      due,
      dispatch,
      fits ? (raw?.body ?? null) : null,
      raw?.contentType ?? null,
    );
  }

  /** Forgets what is in memory: the outbox has changed, or a transaction failed. */
  reload(): void {
    this.#nextDue = undefined;
  }

  /** When the next entry is due; `null` without one. */
  nextDue(): Millis | null {
    if (!this.#tables.exist) return null;
    this.#nextDue ??= this.#sql
      .exec<{ due: number | null }>("SELECT MIN(due) AS due FROM outbox")
      .one().due;
    return this.#nextDue;
  }

  /**
   * Leases at most `limit` due entries for `DRAIN_LEASE`, so that no other run sends them
   * meanwhile. Fewer where they are large.
   */
  lease(now: Millis, limit: number): readonly OutboxEntry[] {
    if (!this.#tables.exist) return [];
    this.reload();
    const names = this.#sql
      .exec<EntryName>(
        "SELECT id, subscriber FROM outbox WHERE due <= ? ORDER BY due, id LIMIT ?",
        now,
        limit,
      )
      .toArray();
    const entries: OutboxEntry[] = [];
    let size = 0;
    for (const name of names) {
      if (size >= MAX_DRAIN_SIZE) break;
      const { id, subscriber } = name;
      const row = this.#sql
        .exec<OutboxRow>("SELECT * FROM outbox WHERE id = ? AND subscriber = ?", id, subscriber)
        .one();
      const raw = this.#rawOf(row);
      size += row.dispatch.length + (raw?.body.byteLength ?? 0);
      entries.push(entryOf(row, raw));
      this.#sql.exec(
        "UPDATE outbox SET due = ? WHERE id = ? AND subscriber = ?",
        now + DRAIN_LEASE,
        id,
        subscriber,
      );
    }
    return entries;
  }

  /** Removes what was acknowledged, and schedules the retry of what was not. */
  settle(results: readonly DrainResult[], now: Millis): void {
    this.reload();
    for (const { entry, acknowledged } of results) {
      const { id, subscriber } = entry;
      if (acknowledged) {
        for (const table of ["outbox", "outbox_raw"])
          this.#sql.exec(`DELETE FROM ${table} WHERE id = ? AND subscriber = ?`, id, subscriber);
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

  /** The raw body of an entry, from its own row where it does not fit beside the dispatch. */
  #rawOf({ id, subscriber, raw, raw_type }: OutboxRow): RawBody | null {
    if (raw_type === null) return null;
    const body =
      raw ??
      this.#sql
        .exec<{ body: ArrayBuffer }>(
          "SELECT body FROM outbox_raw WHERE id = ? AND subscriber = ?",
          id,
          subscriber,
        )
        .one().body;
    return { contentType: raw_type, body: new Uint8Array(body) };
  }
}
