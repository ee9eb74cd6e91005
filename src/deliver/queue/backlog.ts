// The unfinished deliveries of a subscriber in memory, by job: a cache of the table.

import type { Millis } from "../../kernel/time.ts";
import type { JobQueue } from "./job-plan.ts";
import { queueName, type QueueRow } from "./queue-row.ts";
import { WakeHeap } from "./wake-heap.ts";

/**
 * Holds rows without bodies (about 250 bytes each). A job queue is awake, or it rests: until an
 * instant, or until it changes. A plan looks only at those that are awake. Changes nothing but
 * itself.
 */
export class Backlog {
  readonly #jobQueues = new Map<string, QueueRow[]>();
  readonly #rows = new Map<number, QueueRow>();
  /** The job that has waited longest for its turn comes first. */
  readonly #awake = new Map<string, JobQueue>();
  /** Rests until it changes: mostly because one of its deliveries is under way. */
  readonly #idle = new Map<string, JobQueue>();
  readonly #sleeping = new WakeHeap();
  readonly #progressSentAt = new Map<string, Millis>();

  /** How many rows there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** How many job queues are awake. */
  get awakeCount(): number {
    return this.#awake.size;
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

  /** How many rows a job has. */
  lengthOf(name: string): number {
    return this.#jobQueues.get(name)?.length ?? 0;
  }

  /** How many rows of a job have not been attempted yet, or start over. */
  freshOf(name: string): number {
    const queue = this.#jobQueues.get(name);
    return queue?.reduce((count, row) => count + (row.waiting === "fresh" ? 1 : 0), 0) ?? 0;
  }

  /** The queue of every job; the job that has waited longest for its turn comes first. */
  jobQueues(): Iterable<JobQueue> {
    return this.#jobQueues.values();
  }

  /** The job queues that are awake, after those that slept until `now` have been woken. */
  awake(now: Millis): Iterable<JobQueue> {
    for (let name = this.#sleeping.shift(now); name !== null; name = this.#sleeping.shift(now))
      this.#awaken(name);
    return this.#awake.values();
  }

  /** The job queues that sleep until an instant. */
  *asleep(): Generator<readonly [queue: JobQueue, until: Millis]> {
    for (const [name, until] of this.#sleeping.entries()) {
      const queue = this.#jobQueues.get(name);
      if (queue !== undefined) yield [queue, until];
    }
  }

  /** When the next job queue wakes; `null` when none sleeps. */
  nextWake(): Millis | null {
    return this.#sleeping.first();
  }

  /** Lets a job queue rest until an instant, or (`null`) until it changes. */
  rest(name: string, until: Millis | null): void {
    const queue = this.#jobQueues.get(name);
    if (queue === undefined) return;
    this.#awake.delete(name);
    this.#idle.delete(name);
    this.#sleeping.delete(name);
    if (until === null) this.#idle.set(name, queue);
    else this.#sleeping.set(name, until);
  }

  /** Wakes the job queue of a row, because something about it changed. */
  touch(row: Pick<QueueRow, "job" | "n">): void {
    this.#awaken(queueName(row));
  }

  /** Wakes every job queue. */
  awakenAll(): void {
    this.#idle.clear();
    for (const [name, queue] of this.#jobQueues) {
      this.#sleeping.delete(name);
      this.#awake.set(name, queue);
    }
  }

  #awaken(name: string): void {
    const queue = this.#jobQueues.get(name);
    this.#idle.delete(name);
    this.#sleeping.delete(name);
    if (queue !== undefined) this.#awake.set(name, queue);
  }

  /**
   * The numbers of the rows that are due, in about the order in which they leave: the first row of
   * every job, then the second of every job, and so on. Jobs that sleep are left out.
   */
  *upcoming(now: Millis, underWay: ReadonlySet<number>): Generator<number> {
    let queues = this.#notSleeping();
    for (let place = 0; ; place += 1) {
      // Only queues that had a row here may have another.
      const longer: JobQueue[] = [];
      for (const queue of queues) {
        const row = queue[place];
        if (row === undefined) continue;
        longer.push(queue);
        if (row.due <= now && !underWay.has(row.n)) yield row.n;
      }
      if (longer.length === 0) return;
      queues = longer;
    }
  }

  *#notSleeping(): Iterable<JobQueue> {
    yield* this.#awake.values();
    yield* this.#idle.values();
  }

  /** Adds a row or replaces the one with its number, and wakes its job. */
  put(row: QueueRow): void {
    const name = queueName(row);
    this.#rows.set(row.n, row);
    const queue = this.#jobQueues.get(name);
    if (queue === undefined) this.#jobQueues.set(name, [row]);
    else {
      // New rows come last; a retry by hand may bring back an old one.
      const before = queue.findLastIndex((other) => other.n <= row.n);
      if (queue[before]?.n === row.n) queue[before] = row;
      else queue.splice(before + 1, 0, row);
    }
    this.#awaken(name);
  }

  /** Removes the row with this number, if there is one, and wakes its job. */
  remove(n: number): void {
    const row = this.#rows.get(n);
    if (row === undefined) return;
    this.#rows.delete(n);
    const name = queueName(row);
    const queue = this.#jobQueues.get(name) ?? [];
    queue.splice(queue.indexOf(row), 1);
    // The job goes to the end, so that a job with many events has no more turns than others.
    this.#jobQueues.delete(name);
    this.#awake.delete(name);
    if (queue.length > 0) this.#jobQueues.set(name, queue);
    this.#awaken(name);
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
    let oldest = Infinity;
    for (const { at } of this.#rows.values()) oldest = Math.min(oldest, at);
    return oldest === Infinity ? null : oldest;
  }

  /** The smallest number of a row that was not attempted yet, or starts over. */
  lowestFresh(): number | null {
    let lowest = Infinity;
    for (const { n, waiting } of this.#rows.values())
      if (waiting === "fresh") lowest = Math.min(lowest, n);
    return lowest === Infinity ? null : lowest;
  }
}
