// The unfinished deliveries of a subscriber in memory, by job: a cache of the table.

import type { Millis } from "../../kernel/time.ts";
import type { JobQueue } from "./job-plan.ts";
import type { QueueRow } from "./queue-row.ts";

/** Holds rows without bodies (about 200 bytes each). Changes nothing but itself. */
export class Backlog {
  readonly #jobQueues = new Map<string, QueueRow[]>();
  readonly #rows = new Map<number, QueueRow>();
  readonly #changed = new Set<string>();
  readonly #progressSentAt = new Map<string, Millis>();

  /** How many rows there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** When the last progress of a job left, for jobs whose window may still be closed. */
  get progressSentAt(): ReadonlyMap<string, Millis> {
    return this.#progressSentAt;
  }

  /** The row with this number. */
  get(n: number): QueueRow | undefined {
    return this.#rows.get(n);
  }

  /** Every row, in no order. */
  rows(): Iterable<QueueRow> {
    return this.#rows.values();
  }

  /** The queue of every job; the job that has waited longest for its turn comes first. */
  jobQueues(): Iterable<JobQueue> {
    return this.#jobQueues.values();
  }

  /**
   * The numbers of the rows that are due, in about the order in which they leave: the first row of
   * every job, then the second of every job, and so on.
   */
  *upcoming(now: Millis, underWay: ReadonlySet<number>): Generator<number> {
    let queues: Iterable<JobQueue> = this.#jobQueues.values();
    for (let place = 0; ; place += 1) {
      // Most queues have one row: only longer ones are looked at again.
      const longer: JobQueue[] = [];
      for (const queue of queues) {
        const row = queue[place];
        if (row !== undefined && row.due <= now && !underWay.has(row.n)) yield row.n;
        if (queue.length > place + 1) longer.push(queue);
      }
      if (longer.length === 0) return;
      queues = longer;
    }
  }

  /** Job queues that changed since `clearChanged` was last called. */
  changed(): readonly JobQueue[] {
    return [...this.#changed]
      .map((key) => this.#jobQueues.get(key))
      .filter((queue) => queue !== undefined);
  }

  /** To be called after a plan has looked at every job queue. */
  clearChanged(): void {
    this.#changed.clear();
  }

  /** Adds a row or replaces the one with its number. */
  put(row: QueueRow): void {
    const key = keyOf(row);
    this.#changed.add(key);
    this.#rows.set(row.n, row);
    const queue = this.#jobQueues.get(key);
    if (queue === undefined) {
      this.#jobQueues.set(key, [row]);
      return;
    }
    // New rows come last; a retry by hand may bring back an old one.
    const before = queue.findLastIndex((other) => other.n <= row.n);
    if (queue[before]?.n === row.n) queue[before] = row;
    else queue.splice(before + 1, 0, row);
  }

  /** Removes the row with this number, if there is one. */
  remove(n: number): void {
    const row = this.#rows.get(n);
    if (row === undefined) return;
    this.#rows.delete(n);
    const key = keyOf(row);
    this.#changed.add(key);
    const queue = this.#jobQueues.get(key);
    const index = queue?.findIndex((other) => other.n === n) ?? -1;
    if (queue === undefined || index === -1) return;
    queue.splice(index, 1);
    this.#jobQueues.delete(key);
    // The job goes to the end, so that a job with many events has no more turns than others.
    if (queue.length > 0) this.#jobQueues.set(key, queue);
    else this.#changed.delete(key);
  }

  /** Notes that progress of a job leaves at `now`; forgets jobs whose `throttle` window is over. */
  progressSent(job: string, now: Millis, throttle: Millis): void {
    // Deleted first, so that the oldest come first.
    this.#progressSentAt.delete(job);
    this.#progressSentAt.set(job, now);
    for (const [other, at] of this.#progressSentAt) {
      if (at + throttle > now) break;
      this.#progressSentAt.delete(other);
    }
  }

  /** When the oldest row was enqueued. */
  oldest(): Millis | null {
    let oldest: Millis | null = null;
    for (const { at } of this.#rows.values()) if (oldest === null || at < oldest) oldest = at;
    return oldest;
  }

  /** The smallest number of a row. */
  lowest(): number | null {
    let lowest: number | null = null;
    for (const n of this.#rows.keys()) if (lowest === null || n < lowest) lowest = n;
    return lowest;
  }
}

const keyOf = (row: QueueRow): string => row.job ?? `#${row.n}`;
