// Unfinished deliveries: fresh ones by number, those that failed and wait by due instant or job.

import { chunksOf } from "../durable/chunks.ts";
import type { Millis } from "../kernel/time.ts";
import type { StateCounts } from "./storage/state-counts.store.ts";
import type { QueueRow } from "./queue/queue-row.ts";
import { QUEUE_COLUMNS, queueRow, splitJob, type QueueColumns, type Value } from "./tables.ts";

/** A place in the order of due instants; rows of one instant are ordered by number. */
export interface WaitingPlace {
  readonly due: Millis;
  readonly n: number;
}

/** Rows with numbers from `from` to below `to`. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Some fresh deliveries, and the row up to which all were found. */
interface FreshRows {
  readonly rows: readonly QueueRow[];
  readonly next: number;
}

/** Rows that are looked at together. */
const SCANNED_ROWS = 5_000;

/** The condition of the two indexes; SQLite uses them for queries that repeat it word for word. */
const WAITING = "state = 'pending' AND waiting <> 'fresh'";

/** Reads and releases them. Opened by `SubscriberStore`, which owns the table. */
export class WaitingDeliveries {
  readonly #sql: SqlStorage;
  readonly #counts: StateCounts;

  constructor(sql: SqlStorage, counts: StateCounts) {
    this.#sql = sql;
    this.#counts = counts;
  }

  #rows(query: string, ...bindings: Value[]): readonly QueueRow[] {
    return this.#sql
      .exec<QueueColumns>(query, ...bindings)
      .toArray()
      .map(queueRow);
  }

  /**
   * Unfinished deliveries from row `from` to below `to` that have not been attempted yet, or start
   * over; at most `limit`, in their order. `next` is the row up to which all were found.
   */
  fresh({ from, to }: Span, limit: number): FreshRows {
    const end = this.#counts.isComplete ? to : Math.min(to, from + SCANNED_ROWS);
    const [ns = []] = chunksOf(this.#counts.freshBetween(from, end), limit);
    const query = `SELECT ${QUEUE_COLUMNS} FROM delivery
      WHERE n IN (SELECT value FROM json_each(?))`;
    const rows = ns.length === 0 ? [] : this.#rows(query, JSON.stringify(ns));
    return {
      rows: rows.toSorted((left, right) => left.n - right.n),
      next: ns.length < limit ? end : (ns.at(-1) ?? from) + 1,
    };
  }

  /** Unfinished fresh deliveries of one job (`source/guid`), as far as a span of rows has them. */
  freshOfJob(job: string, { from, to }: Span, limit: number): FreshRows {
    const end = Math.min(to, from + SCANNED_ROWS);
    const query = `SELECT ${QUEUE_COLUMNS} FROM delivery
      WHERE n >= ? AND n < ? AND state = 'pending' AND waiting = 'fresh'
        AND source = ? AND guid = ? ORDER BY n LIMIT ?`;
    const rows = this.#rows(query, from, end, ...splitJob(job), limit);
    return { rows, next: rows.length < limit ? end : (rows.at(-1)?.n ?? from) + 1 };
  }

  /** The next ones that failed after a place and are due by `until`, the earliest first. */
  after({ due, n }: WaitingPlace, until: Millis, limit: number): readonly QueueRow[] {
    const select = `SELECT ${QUEUE_COLUMNS} FROM delivery WHERE ${WAITING}`;
    const same = this.#rows(`${select} AND due = ? AND n > ? ORDER BY n LIMIT ?`, due, n, limit);
    if (same.length === limit) return same;
    const later = `${select} AND due > ? AND due <= ? ORDER BY due, n LIMIT ?`;
    return [...same, ...this.#rows(later, due, until, limit - same.length)];
  }

  /** The place before the first one that is due after `instant`; `null` when there is none. */
  placeAfter(instant: Millis): WaitingPlace | null {
    const query = `SELECT due, n FROM delivery WHERE ${WAITING} AND due > ? ORDER BY due, n LIMIT 1`;
    const first = this.#sql.exec<{ due: number; n: number }>(query, instant).toArray()[0];
    return first === undefined ? null : { due: first.due, n: first.n - 1 };
  }

  /**
   * Those of a job (`source/guid`); when there are many, first those that later events wait for.
   */
  ofJob(job: string, limit: number): readonly QueueRow[] {
    const query = `SELECT ${QUEUE_COLUMNS} FROM delivery WHERE ${WAITING}
      AND source = ? AND guid = ? ORDER BY waiting = 'refusal', n LIMIT ?`;
    return this.#rows(query, ...splitJob(job), limit);
  }

  /** The same of several jobs, at most `perJob` of each, in no order: mostly one query. */
  ofJobs(jobs: readonly string[], perJob: number): readonly QueueRow[] {
    const query = `SELECT ${QUEUE_COLUMNS}
      FROM json_each(?) AS job CROSS JOIN delivery INDEXED BY delivery_waiting_job
      WHERE ${WAITING} AND source = job.value ->> 0 AND guid = job.value ->> 1 LIMIT ?`;
    const most = perJob + jobs.length;
    if (jobs.length > 1) {
      const rows = this.#rows(query, JSON.stringify(jobs.map(splitJob)), most + 1);
      if (rows.length <= most) return rows;
    }
    return jobs.flatMap((job) => this.ofJob(job, perJob));
  }

  /**
   * Makes due at `at` what would be due later and waits because its subscriber was unavailable; at
   * most `limit` of them. Answers how many.
   */
  release(at: Millis, limit: number): number {
    const ns = this.#sql
      .exec<{ n: number }>(
        `SELECT n FROM delivery WHERE ${WAITING} AND waiting = 'unavailable' AND due > ?
          ORDER BY due LIMIT ?`,
        at,
        limit,
      )
      .toArray();
    for (const { n } of ns) this.#sql.exec("UPDATE delivery SET due = ? WHERE n = ?", at, n);
    return ns.length;
  }

  /** When the first of those that failed was enqueued; `null` when there is none. */
  oldest(): Millis | null {
    const query = `SELECT at FROM delivery
      WHERE n = (SELECT min(n) FROM delivery INDEXED BY delivery_waiting WHERE ${WAITING})`;
    return this.#sql.exec<{ at: number }>(query).toArray()[0]?.at ?? null;
  }
}
