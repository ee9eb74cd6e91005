// The rows of an account: its log and its index of jobs, the webhooks it has seen, the events it still owes to subscribers.

import type { Dispatch, RawBody } from "../model/messages.ts";
import type { Millis } from "../kernel/time.ts";
import { LogStore } from "./log.store.ts";
import { AccountTables } from "./tables.store.ts";
import { FanList } from "./fanout/fan-list.store.ts";
import { JobsStore } from "./jobs.store.ts";
import { LOG_RETENTION, DRAIN_LEASE, retryAt } from "./retention.ts";

/** An event that a subscriber's object has not acknowledged yet. */
export interface OutboxEntry {
  readonly id: string;
  readonly subscriber: string;
  readonly shard: number;
  readonly failures: number;
  readonly dispatch: Dispatch;
}

/** What came of handing over an event. */
export interface DrainResult {
  readonly owed: OutboxEntry;
  readonly paid: boolean;
}

type OwedRow = {
  id: string;
  subscriber: string;
  shard: number;
  failures: number;
  dispatch: string;
  raw: ArrayBuffer | null;
  raw_type: string | null;
};

const bodyOf = (row: Pick<OwedRow, "raw" | "raw_type">): { readonly raw?: RawBody } =>
  row.raw === null || row.raw_type === null
    ? {}
    : { raw: { contentType: row.raw_type, body: new Uint8Array(row.raw) } };

/** Typed access to one account's SQLite. Callers wrap what belongs together in one `commit`. */
export class AccountStore {
  readonly log: LogStore;
  readonly jobs: JobsStore;
  readonly fans: FanList;
  readonly #sql: SqlStorage;
  readonly #storage: DurableObjectStorage;
  readonly #tables: AccountTables;

  constructor(storage: DurableObjectStorage, account: string, newEpoch: () => string) {
    const { sql } = storage;
    this.#storage = storage;
    this.#sql = sql;
    this.#tables = new AccountTables(storage, newEpoch);
    this.jobs = new JobsStore(sql, this.#tables);
    this.fans = new FanList(sql, this.#tables);
    this.log = new LogStore(sql, { account, jobs: this.jobs, tables: this.#tables });
  }

  /** True once something was written. */
  get exists(): boolean {
    return this.#tables.exist;
  }

  /** Makes a change all or not at all. */
  commit<T>(change: () => T): T {
    try {
      return this.#storage.transactionSync(change);
    } catch (error) {
      this.#tables.reload();
      this.log.reload();
      throw error;
    }
  }

  /** Empties the file of an account that nothing was written of: the platform keeps its own rows in it, such as an alarm. */
  async deleteIfEmpty(): Promise<void> {
    if (!this.exists) await this.#storage.deleteAll();
  }

  /** True when the key was noted less than `KEEP` ago. */
  hasSeen(key: string, now: Millis): boolean {
    if (!this.exists) return false;
    const row = this.#sql
      .exec<{ at: number }>("SELECT at FROM seen WHERE key = ?", key)
      .toArray()[0];
    return row !== undefined && row.at > now - LOG_RETENTION;
  }

  rememberKey(key: string, now: Millis): void {
    this.#tables.create();
    this.#sql.exec("INSERT OR REPLACE INTO seen (key, at) VALUES (?, ?)", key, now);
  }

  /** Trims what is too old or too much. */
  trim(now: Millis): void {
    if (!this.exists) return;
    this.log.trim(now);
    this.#sql.exec("DELETE FROM seen WHERE at <= ?", now - LOG_RETENTION);
  }

  /** Notes that a subscriber is to get an event, from `due` on. */
  addToOutbox(owed: Omit<OutboxEntry, "failures">, due: Millis): void {
    this.#tables.create();
    const { raw, ...dispatch } = owed.dispatch;
    this.#sql.exec(
      "INSERT INTO outbox (id, subscriber, shard, due, failures, dispatch, raw, raw_type) VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
      owed.id,
      owed.subscriber,
      owed.shard,
      due,
      JSON.stringify(dispatch),
      raw?.body ?? null,
      raw?.contentType ?? null,
    );
  }

  /** When the next hand-over is due; the table is empty but for moments. */
  nextDue(): Millis | null {
    if (!this.exists) return null;
    return this.#sql.exec<{ due: number | null }>("SELECT MIN(due) AS due FROM outbox").one().due;
  }

  /** Takes at most `limit` due hand-overs for `LEASE`, so that no other run tries them meanwhile. */
  lease(now: Millis, limit: number): readonly OutboxEntry[] {
    if (!this.exists) return [];
    const rows = this.#sql
      .exec<OwedRow>("SELECT * FROM outbox WHERE due <= ? ORDER BY due, id LIMIT ?", now, limit)
      .toArray();
    for (const { id, subscriber } of rows) {
      this.#sql.exec(
        "UPDATE outbox SET due = ? WHERE id = ? AND subscriber = ?",
        now + DRAIN_LEASE,
        id,
        subscriber,
      );
    }
    return rows.map((row) => ({
      id: row.id,
      subscriber: row.subscriber,
      shard: row.shard,
      failures: row.failures,
      dispatch: { ...(JSON.parse(row.dispatch) as Dispatch), ...bodyOf(row) },
    }));
  }

  /** Forgets what got through, and puts off what did not: it is tried again until it does. */
  settle(payments: readonly DrainResult[], now: Millis): void {
    for (const { owed, paid } of payments) {
      const { id, subscriber } = owed;
      if (paid) {
        this.#sql.exec("DELETE FROM outbox WHERE id = ? AND subscriber = ?", id, subscriber);
        continue;
      }
      const failures = owed.failures + 1;
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
