// A subscriber's table as its queue uses it: one row per delivery, and one row for everything else.

import { concat } from "../kernel/bytes.ts";
import type { Dispatch } from "../model/messages.ts";
import { GoneJobs } from "../durable/gone.store.ts";
import { migrate, type MigratedStorage } from "../durable/migrations.store.ts";
import type { Millis } from "../kernel/time.ts";
import type { StoredState } from "./delivery.ts";
import { DeliveryHistory } from "./history.store.ts";
import { JobDeliveries } from "./storage/job-deliveries.store.ts";
import { DeliveryPages } from "./storage/pages.store.ts";
import type { StateCounts } from "./storage/state-counts.store.ts";
import type { QueueRow } from "./queue/queue-row.ts";
import { keyOfDispatch, type RecentKey } from "./queue/recent-keys.ts";
import { packDispatch, MAX_ROW_BYTES, unpackDispatch } from "./queue/rows.ts";
import { MovedDeliveries } from "./shards/moved.store.ts";
import { WaitingDeliveries } from "./waiting.store.ts";
import { INITIAL_STATE, stateFromText, stateToText, type SubscriberState } from "./state.ts";
import {
  logEntries,
  logText,
  MAX_KEPT_ATTEMPTS,
  MIGRATIONS,
  newColumns,
  QUEUE_COLUMNS,
  queueRow,
  type AttemptedDelivery,
  type NewDelivery,
  type QueueColumns,
  type Value,
} from "./tables.ts";

/** What an attempt needs of a delivery: its id, and its event. */
export interface StoredDispatch {
  readonly id: string;
  readonly dispatch: Dispatch;
}

/** A delivery that was stored, and the bytes of its body. */
interface InsertedDelivery {
  readonly row: QueueRow;
  readonly size: number;
}

/** SQL only; callers put what belongs together into one `transactionSync`. */
export class SubscriberStore {
  readonly #sql: SqlStorage;
  /** Where deliveries are found. */
  readonly pages: DeliveryPages;
  /** How many deliveries are in each state. */
  readonly counts: StateCounts;
  /** Those of one job. */
  readonly jobs: JobDeliveries;
  /** All deliveries, finished ones too. */
  readonly history: DeliveryHistory;
  /** Those that wait for an attempt. */
  readonly waiting: WaitingDeliveries;
  /** Those that come from other shards, or go there. */
  readonly moved: MovedDeliveries;
  /** Jobs that went there, or were erased. */
  readonly gone: GoneJobs;

  constructor(storage: MigratedStorage) {
    const { sql } = storage;
    this.#sql = sql;
    migrate(storage, MIGRATIONS);
    this.pages = new DeliveryPages(sql, this.nextN());
    this.counts = this.pages.counts;
    this.jobs = new JobDeliveries(sql, this.pages);
    this.history = new DeliveryHistory(sql, this.pages, this.jobs);
    this.waiting = new WaitingDeliveries(sql, this.counts);
    this.moved = new MovedDeliveries(sql, this.counts);
    this.gone = new GoneJobs(sql);
  }

  #rows<T extends Record<string, Value>>(query: string, ...bindings: Value[]): T[] {
    return this.#sql.exec<T>(query, ...bindings).toArray();
  }

  /** The number that the next delivery gets. */
  nextN(): number {
    return (this.#rows<{ n: number | null }>("SELECT max(n) AS n FROM delivery")[0]?.n ?? 0) + 1;
  }

  /**
   * Stores a new delivery, with the result of its first attempt if it has one: one row, and more
   * for a body that does not fit into one.
   */
  insert(delivery: NewDelivery, result: AttemptedDelivery | null = null): InsertedDelivery {
    const { n, id, dispatch } = delivery;
    const { bytes, jsonBytes } = packDispatch(dispatch);
    const columns = newColumns(delivery);
    const { event_id, event, source, guid, seq, at } = columns;
    const row = result?.row ?? queueRow(columns);
    const { due, waiting, cause, attempts, step } = row;
    const state = result?.state ?? "pending";
    const ofEvent = [n, event_id, event, source, guid, seq, at];
    const ofWait = [due, waiting, cause, attempts, step];
    const ofDelivery = [id, keyOfDispatch(dispatch), jsonBytes, dispatch.raw?.contentType ?? null];
    this.#sql.exec(
      `INSERT INTO delivery (${QUEUE_COLUMNS},
          id, key, json_bytes, content_type, state, tried, ms, log, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...ofEvent,
      ...ofWait,
      row.instantUsed ? 1 : 0,
      ...ofDelivery,
      state,
      result?.sent === true ? result.entry.time : null,
      result?.entry.ms ?? null,
      result === null ? "" : logText([result.entry]),
      bytes.slice(0, MAX_ROW_BYTES).buffer,
    );
    this.counts.move(n, null, state, state === "pending" && waiting === "fresh");
    for (let part = 1; part * MAX_ROW_BYTES < bytes.byteLength; part += 1) {
      const rest = bytes.slice(part * MAX_ROW_BYTES, (part + 1) * MAX_ROW_BYTES);
      this.#sql.exec("INSERT INTO spill VALUES (?, ?, ?)", n, part, rest.buffer);
    }
    return { row, size: bytes.byteLength };
  }

  /** The newest `limit` keys, oldest first. */
  newestKeys(limit: number): readonly RecentKey[] {
    const rows = this.#rows<{ key: string; at: number }>(
      "SELECT key, at FROM delivery ORDER BY n DESC LIMIT ?",
      limit,
    );
    return rows.toReversed();
  }

  /** What an attempt needs of a delivery; `null` when it has been erased. */
  load(n: number): StoredDispatch | null {
    type Columns = {
      id: string;
      json_bytes: number;
      content_type: string | null;
      body: ArrayBuffer;
    };
    const query = "SELECT id, json_bytes, content_type, body FROM delivery WHERE n = ?";
    const row = this.#rows<Columns>(query, n)[0];
    if (row === undefined) return null;
    // Only a full row has more parts elsewhere.
    const isFull = row.body.byteLength === MAX_ROW_BYTES;
    const parts = isFull
      ? this.#rows<{ body: ArrayBuffer }>("SELECT body FROM spill WHERE n = ? ORDER BY part", n)
      : [];
    const bytes = concat(...[row, ...parts].map(({ body }) => new Uint8Array(body)));
    return { id: row.id, dispatch: unpackDispatch(bytes, row.json_bytes, row.content_type) };
  }

  /**
   * The same for many deliveries at once. Left out are those over `maxBytes` and those with the
   * provider's bytes. The rest is read as text, which spares a buffer and a decoder for each.
   */
  loadSmall(ns: readonly number[], maxBytes: number): ReadonlyMap<number, StoredDispatch> {
    const query = `SELECT n, id, CAST(body AS TEXT) AS json FROM delivery
      WHERE n IN (SELECT value FROM json_each(?)) AND content_type IS NULL AND json_bytes <= ?`;
    const rows = this.#rows<{ n: number; id: string; json: string }>(
      query,
      JSON.stringify(ns),
      Math.min(maxBytes, MAX_ROW_BYTES - 1),
    );
    return new Map(
      rows.map(({ n, id, json }) => [n, { id, dispatch: JSON.parse(json) as Dispatch }]),
    );
  }

  /**
   * Writes an attempt's result: one row. The newest `MAX_KEPT_ATTEMPTS` attempts stay. Statistics
   * count the deliveries that have a `tried`.
   */
  attempted({ row, state, sent, entry }: AttemptedDelivery): void {
    const isLong = row.attempts > MAX_KEPT_ATTEMPTS;
    const kept = isLong ? this.#log(row.n).slice(1 - MAX_KEPT_ATTEMPTS) : [];
    const { due, waiting, cause, attempts, step } = row;
    const wait = [state, due, waiting, cause, attempts, step, row.instantUsed ? 1 : 0];
    const result = [sent ? entry.time : null, entry.ms, logText([...kept, entry]), row.n];
    const { rowsWritten } = this.#sql.exec(
      `UPDATE delivery SET state = ?, due = ?, waiting = ?, cause = ?, attempts = ?, step = ?,
        instant = ?, tried = coalesce(?, tried), ms = ?, log = ${isLong ? "?" : "log || ?"} WHERE n = ?`,
      ...wait,
      ...result,
    );
    if (rowsWritten > 0)
      this.counts.move(row.n, "pending", state, state === "pending" && waiting === "fresh");
  }

  #log(n: number): ReturnType<typeof logEntries> {
    return logEntries(
      this.#rows<{ log: string }>("SELECT log FROM delivery WHERE n = ?", n)[0]?.log ?? "",
    );
  }

  /** Ends a delivery because newer progress, or the end of its job, replaces it. */
  supersede(n: number): void {
    this.#sql.exec("UPDATE delivery SET state = 'superseded' WHERE n = ?", n);
    this.counts.move(n, "pending", "superseded", false);
  }

  /** Lets a delivery wait until `due` because its subscriber is unavailable. */
  setWait(n: number, due: Millis): void {
    this.#sql.exec("UPDATE delivery SET due = ?, waiting = 'unavailable' WHERE n = ?", due, n);
    this.counts.move(n, "pending", "pending", false);
  }

  /**
   * Starts a delivery over, whatever its state is: due at `at`, with a fresh schedule. Answers
   * its row; `null` when there is none.
   */
  reopen(n: number, cause: QueueRow["cause"], at: Millis): QueueRow | null {
    const before = this.#rows<{ state: StoredState }>(
      "SELECT state FROM delivery WHERE n = ?",
      n,
    )[0];
    if (before === undefined) return null;
    this.counts.move(n, before.state, "pending", true);
    this.#sql.exec(
      `UPDATE delivery SET state = 'pending', due = ?, waiting = 'fresh', cause = ?, step = 0,
        instant = 0 WHERE n = ?`,
      at,
      cause,
      n,
    );
    const row = this.#rows<QueueColumns>(`SELECT ${QUEUE_COLUMNS} FROM delivery WHERE n = ?`, n)[0];
    return row === undefined ? null : queueRow(row);
  }

  /** The subscriber's state. */
  state(): SubscriberState {
    const row = this.#rows<{ value: string }>("SELECT value FROM standing WHERE id = 1")[0];
    return row === undefined ? INITIAL_STATE : stateFromText(row.value);
  }

  /** Writes the subscriber's state: one row. */
  save(state: SubscriberState): void {
    this.#sql.exec("INSERT OR REPLACE INTO standing (id, value) VALUES (1, ?)", stateToText(state));
  }
}
