// The updates of a job that were kept without being emitted.

import type { RawBody } from "../../model/messages.ts";
import type { Millis } from "../../kernel/time.ts";
import type { RecordReason } from "../decision.ts";
import { applyRecord, needsUpdate, type UpdateRecord } from "../records.ts";
import type { JobState, StoredUpdate } from "../state.ts";
import type { RawStore } from "./raw.store.ts";

/** An update to keep without emitting it. */
export interface NewRecord {
  readonly at: Millis;
  readonly key: string;
  readonly reason: RecordReason;
  readonly update: StoredUpdate;
  readonly raw: RawBody | null;
}

/** Most characters of one page of records, its last one aside: three bytes each in one RPC. */
const MAX_PAGE_CHARACTERS = 4_000_000;

type RecordRow = { n: number; at: number; reason: string; heard: string };

/** How the rows of kept updates are written and read. */
interface RecordSql {
  readonly insert: string;
  /** The number by which a row is stored: that of the record, or its negative. */
  readonly sign: 1 | -1;
  /** Columns, and which rows come after a number; ordered by it. */
  readonly columns: string;
  readonly after: string;
  readonly heard: string;
  readonly reason: string;
}

/** In a table of their own: jobs of version 0.1.0. */
const APART: RecordSql = {
  insert: "INSERT INTO recorded (n, at, era, key, reason, heard) VALUES (?, ?, ?, ?, ?, ?)",
  sign: 1,
  columns: "n, at, reason",
  heard: "heard",
  reason: "reason",
  after: "FROM recorded WHERE n > ? ORDER BY n",
};

/** In the table of events, below its first one. */
const TOGETHER: RecordSql = {
  insert: `INSERT INTO event (seq, at, era, key, destinations, envelope, traceparent)
    VALUES (?, ?, ?, ?, ?, ?, '')`,
  sign: -1,
  columns: "-seq AS n, at, destinations AS reason",
  heard: "envelope",
  reason: "destinations",
  after: "FROM event WHERE seq < ? ORDER BY seq DESC",
};

/** The rows of kept updates. */
export class RecordStore {
  readonly #sql: SqlStorage;
  readonly #raw: RawStore;
  #form = TOGETHER;

  constructor(sql: SqlStorage, raw: RawStore) {
    this.#sql = sql;
    this.#raw = raw;
  }

  /** Tells which tables there are: at a wake, after a failure, after everything was deleted. */
  reset(tables: ReadonlySet<string>): void {
    this.#form = tables.has("recorded") ? APART : TOGETHER;
  }

  /** Stores an update as number `n`; answers the characters that it takes. */
  insert(n: number, { at, key, reason, update, raw }: NewRecord, lifecycleCount: number): number {
    const text = JSON.stringify(update);
    this.#sql.exec(this.#form.insert, this.#form.sign * n, at, lifecycleCount, key, reason, text);
    this.#raw.save("recorded", n, raw);
    return text.length;
  }

  /** The state after all records that it does not include, read one by one: each may be large. */
  applyAfter(before: JobState): JobState {
    let state = before;
    const { columns, heard, reason: why, after, sign } = this.#form;
    const rows = this.#sql.exec<RecordRow>(
      `SELECT ${columns}, CASE WHEN ${why} IN ('absorbed', 'unchanged') THEN ${heard} ELSE '' END
         AS heard ${after}`,
      sign * before.lastRecord,
    );
    for (const row of rows) {
      const { n, at } = row;
      const reason = row.reason as RecordReason;
      state = needsUpdate(reason)
        ? applyRecord(state, { n, at, reason, update: updateOf(row) })
        : applyRecord(state, { n, at, reason });
    }
    return state;
  }

  /** The record with number `n`. */
  at(n: number): UpdateRecord | null {
    for (const row of this.#rows(n - 1, 1)) return row.n === n ? recordOf(row) : null;
    return null;
  }

  /**
   * Records after number `n`, oldest first: at most `limit`, and at most as many as one RPC holds.
   */
  page(n: number, limit: number): readonly UpdateRecord[] {
    const records: UpdateRecord[] = [];
    let room = MAX_PAGE_CHARACTERS;
    for (const row of this.#rows(n, limit)) {
      if (records.length > 0 && row.heard.length > room) break;
      records.push(recordOf(row));
      room -= row.heard.length;
    }
    return records;
  }

  #rows(after: number, limit: number): Iterable<RecordRow> {
    const { columns, heard, after: condition, sign } = this.#form;
    return this.#sql.exec<RecordRow>(
      `SELECT ${columns}, ${heard} AS heard ${condition} LIMIT ?`,
      sign * after,
      limit,
    );
  }
}

const updateOf = (row: RecordRow): StoredUpdate => JSON.parse(row.heard) as StoredUpdate;

const recordOf = (row: RecordRow): UpdateRecord & { readonly update: StoredUpdate } => ({
  n: row.n,
  at: row.at,
  reason: row.reason as RecordReason,
  update: updateOf(row),
});
