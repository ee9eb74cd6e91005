// The tables of a subscriber: one row per delivery with its body and its attempts, and one row for everything else.

import { concat } from "../kernel/bytes.ts";
import { isJobEvent, nameOf } from "../model/event.ts";
import type { Dispatch } from "../model/messages.ts";
import { migrate } from "../durable/migrations.store.ts";
import type { Millis } from "../kernel/time.ts";
import { packDispatch, ROW_BYTES, unpackDispatch } from "./queue/rows.ts";
import { keyOfDispatch, type Enqueued } from "./queue/recent-keys.ts";
import type { QueueRow } from "./queue/plan.ts";
import { START, type SubscriberState } from "./state.ts";
import {
  DELIVERY_COLUMNS,
  deliveryRow,
  KEPT_ATTEMPTS,
  logText,
  MIGRATIONS,
  QUEUE_COLUMNS,
  queueRow,
  whereOf,
  type Attempted,
  type DeliveryColumns,
  type NewDelivery,
  type QueueColumns,
  type Selection,
  type Value,
} from "./tables.ts";
import type { DeliveryRow, StoredState } from "./view.ts";

/** What an attempt needs of a delivery: its id, and its event. */
export interface StoredDispatch {
  readonly id: string;
  readonly dispatch: Dispatch;
}

/** A delivery that was stored, and the bytes of its body. */
export interface Inserted {
  readonly row: QueueRow;
  readonly size: number;
}

/** SQL only; callers put what belongs together into one `transactionSync`. */
export class SubscriberStore {
  readonly #sql: SqlStorage;
  /** Rows written since the object started: they are the bill. */
  written = 0;
  /** How many deliveries are in each state; `null` until somebody asks, and after a change that cannot be followed. */
  #counts: Map<StoredState, number> | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    migrate(sql, MIGRATIONS);
  }

  #rows<T extends Record<string, Value>>(query: string, ...bindings: Value[]): T[] {
    return this.#sql.exec<T>(query, ...bindings).toArray();
  }

  #write(query: string, bindings: readonly Value[]): number {
    const { rowsWritten } = this.#sql.exec(query, ...bindings);
    this.written += rowsWritten;
    return rowsWritten;
  }

  #move(from: StoredState | null, to: StoredState): void {
    if (this.#counts === null) return;
    if (from !== null) this.#counts.set(from, (this.#counts.get(from) ?? 0) - 1);
    this.#counts.set(to, (this.#counts.get(to) ?? 0) + 1);
  }

  /** The number the next delivery gets. */
  nextN(): number {
    return (this.#rows<{ n: number | null }>("SELECT max(n) AS n FROM delivery")[0]?.n ?? 0) + 1;
  }

  insert({ n, id, at, dispatch, cause }: NewDelivery): Inserted {
    const { event } = dispatch;
    const { bytes, jsonBytes } = packDispatch(dispatch);
    const [guid, seq] = isJobEvent(event) ? [event.guid, event.seq] : [null, null];
    const facts = [
      n,
      id,
      keyOfDispatch(dispatch),
      event.id,
      nameOf(event),
      event.source,
      guid,
      seq,
    ];
    this.#write(
      `INSERT INTO delivery (n, id, key, event_id, event, source, guid, seq, state, at, due, waiting, cause, attempts, step, instant, log, json_bytes, content_type, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, 'fresh', ?, 0, 0, 0, '', ?, ?, ?)`,
      [
        ...facts,
        at,
        at,
        cause,
        jsonBytes,
        dispatch.raw?.contentType ?? null,
        bytes.slice(0, ROW_BYTES).buffer,
      ],
    );
    this.#move(null, "pending");
    for (let part = 1; part * ROW_BYTES < bytes.byteLength; part += 1) {
      this.#write("INSERT INTO spill VALUES (?, ?, ?)", [
        n,
        part,
        bytes.slice(part * ROW_BYTES, (part + 1) * ROW_BYTES).buffer,
      ]);
    }
    const columns = {
      n,
      event_id: event.id,
      event: nameOf(event),
      source: event.source,
      guid,
      seq,
      at,
      due: at,
    };
    const row = queueRow({ ...columns, waiting: "fresh", cause, attempts: 0, step: 0, instant: 0 });
    return { row, size: bytes.byteLength };
  }

  /** The newest `limit` keys, oldest first. */
  newestKeys(limit: number): readonly Enqueued[] {
    const rows = this.#rows<{ key: string; at: number }>(
      "SELECT key, at FROM delivery ORDER BY n DESC LIMIT ?",
      limit,
    );
    return rows.toReversed();
  }

  /** Which of these keys the table has; scans it. */
  known(keys: readonly string[]): ReadonlySet<string> {
    const query = "SELECT key FROM delivery WHERE key IN (SELECT value FROM json_each(?))";
    return new Set(this.#rows<{ key: string }>(query, JSON.stringify(keys)).map((row) => row.key));
  }

  /** Unfinished deliveries from `n` on. */
  pending(from: number, limit: number): readonly QueueRow[] {
    const query = `SELECT ${QUEUE_COLUMNS} FROM delivery WHERE n >= ? AND state = 'pending' ORDER BY n LIMIT ?`;
    return this.#rows<QueueColumns>(query, from, limit).map(queueRow);
  }

  /** What an attempt needs of a delivery; `null` when it has been erased. */
  load(n: number): StoredDispatch | null {
    type Columns = {
      id: string;
      json_bytes: number;
      content_type: string | null;
      body: ArrayBuffer;
    };
    const row = this.#rows<Columns>(
      "SELECT id, json_bytes, content_type, body FROM delivery WHERE n = ?",
      n,
    )[0];
    if (row === undefined) return null;
    // Only a full row can go on elsewhere.
    const full = row.body.byteLength === ROW_BYTES;
    const spilled = full
      ? this.#rows<{ body: ArrayBuffer }>("SELECT body FROM spill WHERE n = ? ORDER BY part", n)
      : [];
    const bytes = concat(
      new Uint8Array(row.body),
      ...spilled.map(({ body }) => new Uint8Array(body)),
    );
    return { id: row.id, dispatch: unpackDispatch(bytes, row.json_bytes, row.content_type) };
  }

  /** The same for those of many that have at most `most` bytes, none of them with the provider's bytes: as text, which spares a buffer and a decoder for each. */
  loadSmall(ns: readonly number[], most: number): ReadonlyMap<number, StoredDispatch> {
    const query = `SELECT n, id, CAST(body AS TEXT) AS json FROM delivery
      WHERE n IN (SELECT value FROM json_each(?)) AND content_type IS NULL AND json_bytes <= ?`;
    const rows = this.#rows<{ n: number; id: string; json: string }>(
      query,
      JSON.stringify(ns),
      Math.min(most, ROW_BYTES - 1),
    );
    return new Map(
      rows.map(({ n, id, json }) => [n, { id, dispatch: JSON.parse(json) as Dispatch }]),
    );
  }

  /** Writes an attempt's result: one row. Of its log the newest `KEPT_ATTEMPTS` entries stay. */
  attempted({ row, state, entry }: Attempted): void {
    const wait = [
      state,
      row.due,
      row.waiting,
      row.cause,
      row.attempts,
      row.step,
      row.instantUsed ? 1 : 0,
    ];
    const long = row.attempts > KEPT_ATTEMPTS;
    const entries = long
      ? [...(this.find(row.n)?.log ?? []).slice(1 - KEPT_ATTEMPTS), entry]
      : [entry];
    const found = this.#write(
      `UPDATE delivery SET state = ?, due = ?, waiting = ?, cause = ?, attempts = ?, step = ?, instant = ?, tried = ?, ms = ?, log = ${long ? "?" : "log || ?"} WHERE n = ?`,
      [...wait, entry.time, entry.ms, logText(entries), row.n],
    );
    if (found > 0) this.#move("pending", state);
  }

  supersede(n: number): void {
    this.#write("UPDATE delivery SET state = 'superseded' WHERE n = ?", [n]);
    this.#move("pending", "superseded");
  }

  takeOver(n: number, due: Millis): void {
    this.#write("UPDATE delivery SET due = ?, waiting = 'unavailable' WHERE n = ?", [due, n]);
  }

  /** Starts a delivery over, whatever its state is: due at once, with a fresh schedule. */
  reopen(n: number, cause: QueueRow["cause"], at: Millis): QueueRow | null {
    this.#counts = null;
    this.#write(
      "UPDATE delivery SET state = 'pending', due = ?, waiting = 'fresh', cause = ?, step = 0, instant = 0 WHERE n = ?",
      [at, cause, n],
    );
    const row = this.#rows<QueueColumns>(`SELECT ${QUEUE_COLUMNS} FROM delivery WHERE n = ?`, n)[0];
    return row === undefined ? null : queueRow(row);
  }

  /** The newest deliveries first, those before `before`. */
  list(selection: Selection, before: number, limit: number): readonly DeliveryRow[] {
    const { where, bindings } = whereOf(selection);
    const query = `SELECT ${DELIVERY_COLUMNS} FROM delivery WHERE n < ?${where} ORDER BY n DESC LIMIT ?`;
    return this.#rows<DeliveryColumns>(query, before, ...bindings, limit).map(deliveryRow);
  }

  find(n: number): DeliveryRow | null {
    const row = this.#rows<DeliveryColumns>(
      `SELECT ${DELIVERY_COLUMNS} FROM delivery WHERE n = ?`,
      n,
    )[0];
    return row === undefined ? null : deliveryRow(row);
  }

  /** How many deliveries a replay selects among those up to `upTo`. */
  count(selection: Selection, upTo: number): number {
    const { where, bindings } = whereOf(selection);
    return (
      this.#rows<{ c: number }>(
        `SELECT count(*) AS c FROM delivery WHERE n <= ?${where}`,
        upTo,
        ...bindings,
      )[0]?.c ?? 0
    );
  }

  /** The next ones of a replay, oldest first. */
  select(
    selection: Selection,
    range: { readonly after: number; readonly upTo: number },
    limit: number,
  ): readonly number[] {
    const { where, bindings } = whereOf(selection);
    const query = `SELECT n FROM delivery WHERE n > ? AND n <= ?${where} ORDER BY n LIMIT ?`;
    return this.#rows<{ n: number }>(query, range.after, range.upTo, ...bindings, limit).map(
      (row) => row.n,
    );
  }

  /** How many deliveries are in each state; scans the table when it is asked first. */
  counts(): ReadonlyMap<StoredState, number> {
    if (this.#counts === null) {
      const rows = this.#rows<{ state: StoredState; c: number }>(
        "SELECT state, count(*) AS c FROM delivery GROUP BY state",
      );
      this.#counts = new Map(rows.map((row) => [row.state, row.c]));
    }
    return this.#counts;
  }

  /** The newest `limit` deliveries that were attempted: their attempts, and the latency of those that arrived. */
  sample(limit: number): {
    readonly attempts: number;
    readonly successes: number;
    readonly latencies: readonly Millis[];
  } {
    type Sampled = { state: StoredState; attempts: number; ms: number };
    const rows = this.#rows<Sampled>(
      "SELECT state, attempts, ms FROM delivery WHERE tried IS NOT NULL ORDER BY n DESC LIMIT ?",
      limit,
    );
    const latencies = rows.filter((row) => row.state === "delivered").map((row) => row.ms);
    return {
      attempts: rows.reduce((sum, row) => sum + row.attempts, 0),
      successes: latencies.length,
      latencies,
    };
  }

  /** When progress of each job last left, and when anything did, as far as the newest `limit` deliveries tell. */
  left(limit: number): {
    readonly last: Millis | null;
    readonly progress: readonly (readonly [job: string, at: Millis])[];
  } {
    const newest = "(SELECT event, source, guid, tried FROM delivery ORDER BY n DESC LIMIT ?)";
    const last =
      this.#rows<{ tried: number | null }>(`SELECT max(tried) AS tried FROM ${newest}`, limit)[0]
        ?.tried ?? null;
    const progress = this.#rows<{ job: string; tried: number }>(
      `SELECT source || '/' || guid AS job, max(tried) AS tried FROM ${newest} WHERE event = 'job.progress' AND tried IS NOT NULL GROUP BY job ORDER BY tried`,
      limit,
    );
    return { last, progress: progress.map(({ job, tried }) => [job, tried] as const) };
  }

  /** Removes a job's deliveries with their bodies; answers the rows that are gone. */
  erase(source: string, guid: string): readonly number[] {
    return this.#remove("source = ? AND guid = ?", source, guid);
  }

  /**
   * Removes what a source's retention no longer covers: everything enqueued before an instant, but for the dead that were tried
   * since, and, while attempts are made, for what has attempts to come.
   */
  prune(source: string, before: Millis, held: boolean): readonly number[] {
    const over = "source = ? AND at < ? AND (state <> 'dead' OR tried < ?)";
    return this.#remove(held ? over : `${over} AND state <> 'pending'`, source, before, before);
  }

  #remove(condition: string, ...bindings: Value[]): readonly number[] {
    this.#counts = null;
    const gone = this.#rows<{ n: number }>(
      `SELECT n FROM delivery WHERE ${condition}`,
      ...bindings,
    ).map((row) => row.n);
    if (gone.length === 0) return gone;
    this.#write(`DELETE FROM delivery WHERE ${condition}`, bindings);
    this.#write("DELETE FROM spill WHERE n IN (SELECT value FROM json_each(?))", [
      JSON.stringify(gone),
    ]);
    return gone;
  }

  /** The sources whose events are here. */
  sources(): readonly string[] {
    return this.#rows<{ source: string }>("SELECT DISTINCT source FROM delivery").map(
      (row) => row.source,
    );
  }

  /** When the oldest delivery was enqueued. */
  oldest(): Millis | null {
    return this.#rows<{ at: number }>("SELECT at FROM delivery ORDER BY n LIMIT 1")[0]?.at ?? null;
  }

  standing(): SubscriberState {
    const row = this.#rows<{ value: string }>("SELECT value FROM standing WHERE id = 1")[0];
    return row === undefined
      ? START
      : { ...START, ...(JSON.parse(row.value) as Partial<SubscriberState>) };
  }

  save(standing: SubscriberState): void {
    this.#write("INSERT OR REPLACE INTO standing (id, value) VALUES (1, ?)", [
      JSON.stringify(standing),
    ]);
  }
}
