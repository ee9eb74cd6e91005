// Unfinished deliveries: fresh ones by number, those that failed and wait by due instant or job.

import type { Millis } from "../kernel/time.ts";
import type { QueueRow } from "./queue/queue-row.ts";
import { QUEUE_COLUMNS, queueRow, splitJob, type QueueColumns, type Value } from "./tables.ts";

/** A place in the order of due instants; rows of one instant are ordered by number. */
export interface WaitingPlace {
  readonly due: Millis;
  readonly n: number;
}

/** The condition of the two indexes; SQLite uses them for queries that repeat it word for word. */
const WAITING = "state = 'pending' AND waiting <> 'fresh'";

/** Reads and releases them. Opened by `SubscriberStore`, which owns the table. */
export class WaitingDeliveries {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  #rows(query: string, ...bindings: Value[]): readonly QueueRow[] {
    return this.#sql
      .exec<QueueColumns>(query, ...bindings)
      .toArray()
      .map(queueRow);
  }

  /** Unfinished deliveries from `n` on that have not been attempted yet, or start over. */
  fresh(from: number, limit: number): readonly QueueRow[] {
    const query = `SELECT ${QUEUE_COLUMNS} FROM delivery
      WHERE n >= ? AND state = 'pending' AND waiting = 'fresh' ORDER BY n LIMIT ?`;
    return this.#rows(query, from, limit);
  }

  /** The same of one job (`source/guid`), with numbers from `from` to below `to`. */
  freshOfJob(
    job: string,
    { from, to }: { readonly from: number; readonly to: number },
    limit: number,
  ): readonly QueueRow[] {
    const query = `SELECT ${QUEUE_COLUMNS} FROM delivery
      WHERE n >= ? AND n < ? AND state = 'pending' AND waiting = 'fresh'
        AND source = ? AND guid = ? ORDER BY n LIMIT ?`;
    return this.#rows(query, from, to, ...splitJob(job), limit);
  }

  /** The next ones that failed after a place, the earliest due first. */
  after({ due, n }: WaitingPlace, limit: number): readonly QueueRow[] {
    const select = `SELECT ${QUEUE_COLUMNS} FROM delivery WHERE ${WAITING}`;
    const same = this.#rows(`${select} AND due = ? AND n > ? ORDER BY n LIMIT ?`, due, n, limit);
    if (same.length === limit) return same;
    const later = `${select} AND due > ? ORDER BY due, n LIMIT ?`;
    return [...same, ...this.#rows(later, due, limit - same.length)];
  }

  /**
   * Those of a job (`source/guid`); when there are many, first those that later events wait for.
   */
  ofJob(job: string, limit: number): readonly QueueRow[] {
    const query = `SELECT ${QUEUE_COLUMNS} FROM delivery WHERE ${WAITING}
      AND source = ? AND guid = ? ORDER BY waiting = 'refusal', n LIMIT ?`;
    return this.#rows(query, ...splitJob(job), limit);
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
