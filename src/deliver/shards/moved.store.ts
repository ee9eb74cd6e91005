// Deliveries that move from one shard to another: read whole, stored whole.

import { concat } from "../../kernel/bytes.ts";
import type { StateCounts } from "../storage/state-counts.store.ts";
import type { QueueRow } from "../queue/queue-row.ts";
import type { StoredState } from "../delivery.ts";
import { isTest, MAX_ROW_BYTES } from "../queue/rows.ts";
import { QUEUE_COLUMNS, queueRow, type QueueColumns, type Value } from "../tables.ts";
import type { WaitingDelivery } from "./waiting-job.ts";

/** Rows that a look at the table reads at most, and jobs that it names. */
const MAX_LOOKED_AT = 5_000;
const MAX_NAMED_JOBS = 100;

/** A part of the table that was looked at; `next` is where it goes on, `null` at the end. */
interface LookedAt {
  readonly jobs: readonly (readonly [source: string, guid: string])[];
  readonly next: number | null;
}

interface LookedAtColumns extends Record<string, Value> {
  n: number;
  state: StoredState;
  event_id: string;
  source: string;
  guid: string | null;
}

interface MovedColumns extends QueueColumns {
  id: string;
  key: string;
  tried: number | null;
  ms: number | null;
  log: string;
  json_bytes: number;
  content_type: string | null;
  body: ArrayBuffer;
}

/** Opened by `SubscriberStore`, which owns the table. */
export class MovedDeliveries {
  readonly #sql: SqlStorage;
  readonly #counts: StateCounts;

  constructor(sql: SqlStorage, counts: StateCounts) {
    this.#sql = sql;
    this.#counts = counts;
  }

  #rows<T extends Record<string, Value>>(query: string, ...bindings: Value[]): T[] {
    return this.#sql.exec<T>(query, ...bindings).toArray();
  }

  /** Jobs with unfinished deliveries among the next rows after `after`, those that are wanted. */
  jobsAfter(after: number, isWanted: (source: string, guid: string) => boolean): LookedAt {
    const rows = this.#rows<LookedAtColumns>(
      "SELECT n, state, event_id, source, guid FROM delivery WHERE n > ? ORDER BY n LIMIT ?",
      after,
      MAX_LOOKED_AT,
    );
    const jobs = new Map<string, readonly [string, string]>();
    for (const { n, state, event_id: eventId, source, guid } of rows) {
      if (state !== "pending" || guid === null || isTest(eventId)) continue;
      if (isWanted(source, guid)) jobs.set(`${source}/${guid}`, [source, guid]);
      if (jobs.size === MAX_NAMED_JOBS) return { jobs: [...jobs.values()], next: n };
    }
    const last = rows.length < MAX_LOOKED_AT ? undefined : rows.at(-1);
    return { jobs: [...jobs.values()], next: last?.n ?? null };
  }

  /** A whole delivery; `null` when it is finished or gone. */
  read(n: number): WaitingDelivery | null {
    const row = this.#rows<MovedColumns>(
      `SELECT ${QUEUE_COLUMNS}, id, key, tried, ms, log, json_bytes, content_type, body
        FROM delivery WHERE n = ? AND state = 'pending'`,
      n,
    )[0];
    if (row === undefined) return null;
    const { event_id: eventId, json_bytes: jsonBytes, content_type: contentType, ...rest } = row;
    const parts =
      row.body.byteLength === MAX_ROW_BYTES
        ? this.#rows<{ body: ArrayBuffer }>("SELECT body FROM spill WHERE n = ? ORDER BY part", n)
        : [];
    const body = concat(...[row, ...parts].map((part) => new Uint8Array(part.body)));
    return { ...rest, eventId, jsonBytes, contentType, body };
  }

  /** The keys of deliveries. */
  keysOf(ns: readonly number[]): readonly string[] {
    const query = "SELECT key FROM delivery WHERE n IN (SELECT value FROM json_each(?))";
    return this.#rows<{ key: string }>(query, JSON.stringify(ns)).map(({ key }) => key);
  }

  /** Stores a delivery of another shard in row `n`; its id stays. */
  insert(n: number, moved: WaitingDelivery): QueueRow {
    const { event, source, guid, seq, at, due, waiting, cause, attempts, step, instant } = moved;
    const { id, key, eventId, tried, ms, log, jsonBytes, contentType, body } = moved;
    const times = { at, due, waiting, cause, attempts, step, instant };
    const columns: QueueColumns = { n, event_id: eventId, event, source, guid, seq, ...times };
    this.#sql.exec(
      `INSERT INTO delivery (${QUEUE_COLUMNS}, id, key, log, tried, ms, json_bytes, content_type,
          body, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')`,
      ...Object.values(columns),
      id,
      key,
      log,
      tried,
      ms,
      jsonBytes,
      contentType,
      body.slice(0, MAX_ROW_BYTES).buffer,
    );
    this.#sql.exec("INSERT OR REPLACE INTO adopted (id, n) VALUES (?, ?)", id, n);
    for (let part = 1; part * MAX_ROW_BYTES < body.byteLength; part += 1) {
      const rest = body.slice(part * MAX_ROW_BYTES, (part + 1) * MAX_ROW_BYTES);
      this.#sql.exec("INSERT INTO spill VALUES (?, ?, ?)", n, part, rest.buffer);
    }
    this.#counts.move(n, null, "pending", waiting === "fresh");
    return queueRow(columns);
  }

  /** The row of a delivery that came from another shard; `null` for any other. */
  rowOf(id: string): number | null {
    return this.#rows<{ n: number }>("SELECT n FROM adopted WHERE id = ?", id)[0]?.n ?? null;
  }

  /**
   * True when an earlier version stored deliveries: it may have used shards that nothing tells of.
   */
  get mayHaveOthers(): boolean {
    return this.#rows("SELECT 1 AS found FROM survey WHERE id = ?", 1).length > 0;
  }

  /** Notes that all shards there may be were asked. */
  surveyed(): void {
    this.#sql.exec("DELETE FROM survey WHERE id = ?", 1);
  }
}
