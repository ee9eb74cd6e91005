// Which unfinished deliveries are in memory: those that may leave soon.

import { MINUTE, type Millis } from "../../kernel/time.ts";
import type { SubscriberStore } from "../subscriber.store.ts";
import type { WaitingPlace } from "../waiting.store.ts";
import type { Backlog } from "./backlog.ts";
import type { JobQueue } from "./job-plan.ts";
import { queueName, type QueueRow } from "./queue-row.ts";
import type { WindowLimits } from "./window-limits.ts";

/** Rows that are looked at together for those of one job. */
const SCANNED_ROWS = 20_000;

/** Deliveries that are due within this time are read ahead; later ones may leave memory. */
const LOOKAHEAD_MS: Millis = MINUTE;

/**
 * Two kinds of rows may be in the table only. Fresh ones are read by number: those from `loadedTo`
 * on, and the rest of jobs that have many. Those that failed and wait are read by due instant; of
 * one job they are all in memory or none is, unless there are too many.
 */
export class QueueWindow {
  readonly #store: SubscriberStore;
  readonly #backlog: Backlog;
  readonly #limits: WindowLimits;
  /** Fresh rows with a smaller number are in memory, but for the skipped ones. */
  #loadedTo: number;
  /** The first number of a job's fresh rows that are not in memory. */
  readonly #skipped = new Map<string, number>();
  /** Waiting rows up to this place are in memory; `null`: all are. */
  #horizon: WaitingPlace | null = { due: 0, n: 0 };
  #evictAt: number;
  /** Waiting rows due later than this are due then, because the subscriber works again. */
  #releasedAt: Millis | null = null;

  constructor(store: SubscriberStore, backlog: Backlog, from: number, limits: WindowLimits) {
    this.#store = store;
    this.#backlog = backlog;
    this.#limits = limits;
    this.#loadedTo = from;
    this.#evictAt = limits.evictAbove;
    this.#readWaiting(Infinity);
  }

  /** No fresh row with a smaller number is unfinished. */
  get lowestFresh(): number {
    return Math.min(
      this.#backlog.lowestFresh() ?? this.#loadedTo,
      this.#loadedTo,
      ...this.#skipped.values(),
    );
  }

  /** When rows have to be read from the table; `null` when an attempt has to end before. */
  nextLoad(now: Millis): Millis | null {
    if (!this.#mayRead) return null;
    return this.#nextSkipped() === undefined ? (this.#horizon?.due ?? null) : now + 1;
  }

  /** True when rows that are stored with numbers from `nextN` on may come into memory at once. */
  hasRoom(nextN: number): boolean {
    return this.#loadedTo >= nextN && this.#backlog.size < this.#limits.rows;
  }

  /** Tells that all rows below `nextN` were offered to `take`. */
  tookUpTo(nextN: number): void {
    this.#loadedTo = nextN;
  }

  /** Takes a fresh row into memory, after those of its job; false when it stays in the table. */
  take(row: QueueRow): boolean {
    if (row.job !== null) {
      if (this.#skipped.has(row.job)) return false;
      if (this.#backlog.freshOf(row.job) >= this.#limits.perJob) {
        this.#skipped.set(row.job, row.n);
        return false;
      }
    }
    this.enter(row);
    return true;
  }

  /** What an operator asks for does not wait behind the rest of a long queue. */
  offer(row: QueueRow, hasRoom: boolean): boolean {
    switch (row.cause) {
      case "manual":
        this.enter(row);
        return true;
      case "replay":
        return this.takeReplayed(row);
      case "schedule":
        return hasRoom && this.take(row);
    }
  }

  /** Takes a row of another shard into memory, or (`hasRoom` is false) notes when it is due. */
  adopt(row: QueueRow, hasRoom: boolean): void {
    if (row.waiting === "fresh") return void (hasRoom && this.take(row));
    if (hasRoom) this.enter(row);
    else this.#lowerHorizon({ due: row.due, n: row.n - 1 });
  }

  /** Takes a replayed row into memory, unless memory is full. */
  takeReplayed(row: QueueRow): boolean {
    if (this.#backlog.size >= this.#limits.most) return false;
    this.enter(row);
    return true;
  }

  /** Takes a row into memory, with what waits of its job. */
  enter(row: QueueRow): void {
    const isFirst = this.#backlog.lengthOf(queueName(row)) === 0;
    this.#backlog.put(row);
    if (row.job === null || this.#horizon === null || !isFirst) return;
    for (const waiting of this.#store.waiting.ofJob(row.job, this.#limits.perJob))
      if (this.#backlog.get(waiting.n) === undefined) this.#backlog.put(waiting);
  }

  /**
   * Reads what may leave soon, once few jobs in memory are awake; `isShut`: nothing may leave. To
   * be called after all results are written. False when there was nothing to read.
   */
  load(nextN: number, now: Millis, isShut: boolean): boolean {
    if (isShut) {
      if (this.#backlog.size < this.#limits.rows / 2) this.#readFresh(nextN);
      return false;
    }
    this.#release();
    const { size } = this.#backlog;
    const [horizon, loadedTo] = [this.#horizon, this.#loadedTo];
    // The last ones wait for the breaker's probe, whenever they are due.
    if (this.#backlog.size === 0 && this.#loadedTo >= nextN) this.#readWaiting(Infinity);
    while (this.#mayRead && this.#horizon !== null && this.#horizon.due <= now)
      this.#readWaiting(now + LOOKAHEAD_MS);
    while (this.#mayRead && this.#loadedTo < nextN) this.#readFresh(nextN);
    const skipped = this.#nextSkipped();
    if (skipped !== undefined) this.#readSkipped(...skipped);
    return size !== this.#backlog.size || horizon !== this.#horizon || loadedTo !== this.#loadedTo;
  }

  /** True when `load` has something to read. */
  isBehind(nextN: number, now: Millis): boolean {
    return (
      this.#loadedTo < nextN ||
      this.#skipped.size > 0 ||
      this.#releasedAt !== null ||
      (this.#horizon !== null && (this.#horizon.due <= now || this.#backlog.size === 0))
    );
  }

  get #mayRead(): boolean {
    const { batch, most } = this.#limits;
    return this.#backlog.awakeCount < batch && this.#backlog.size < most;
  }

  #readFresh(nextN: number): void {
    const { batch } = this.#limits;
    const rows = this.#store.waiting.fresh(this.#loadedTo, batch);
    for (const row of rows) if (this.#backlog.get(row.n) === undefined) this.take(row);
    const last = rows.at(-1);
    this.#loadedTo = rows.length < batch || last === undefined ? nextN : last.n + 1;
  }

  #nextSkipped(): readonly [job: string, from: number] | undefined {
    for (const one of this.#skipped)
      if (this.#backlog.freshOf(one[0]) <= this.#limits.perJob / 2) return one;
    return undefined;
  }

  #readSkipped(job: string, from: number): void {
    const room = this.#limits.perJob - this.#backlog.freshOf(job);
    const to = Math.min(from + SCANNED_ROWS, this.#loadedTo);
    const rows = this.#store.waiting.freshOfJob(job, { from, to }, room);
    for (const row of rows) if (this.#backlog.get(row.n) === undefined) this.enter(row);
    const last = rows.at(-1);
    const next = rows.length < room || last === undefined ? to : last.n + 1;
    if (next >= this.#loadedTo) this.#skipped.delete(job);
    else this.#skipped.set(job, next);
  }

  /** Reads the next batch of those that wait, as far as they are due until `until`. */
  #readWaiting(until: Millis): void {
    const { batch } = this.#limits;
    if (this.#horizon === null) return;
    const rows = this.#store.waiting.after(this.#horizon, batch);
    const last = rows.at(-1);
    for (const row of rows) {
      if (row.due > until) {
        this.#horizon = { due: row.due, n: row.n - 1 };
        return;
      }
      if (this.#backlog.get(row.n) === undefined) this.enter(row);
    }
    this.#horizon = last === undefined || rows.length < batch ? null : last;
  }

  /**
   * Lets jobs leave memory that wait for long and have nothing fresh. `flush` writes all results to
   * the table first.
   */
  evict(now: Millis, underWay: ReadonlySet<number>, flush: () => void): void {
    if (this.#backlog.size <= this.#evictAt) return;
    flush();
    const isEvicted = (queue: JobQueue, until: Millis): boolean =>
      until > now + 2 * LOOKAHEAD_MS &&
      queue.every(
        ({ n, due, waiting, cause }) =>
          due > now && waiting !== "fresh" && cause === "schedule" && !underWay.has(n),
      );
    const leaving = [...this.#backlog.asleep()]
      .filter(([queue, until]) => isEvicted(queue, until))
      .flatMap(([queue]) => queue);
    for (const { n, due } of leaving) {
      this.#backlog.remove(n);
      this.#lowerHorizon({ due, n: n - 1 });
    }
    // Looking at all of them again is worth it once there are half as many more.
    this.#evictAt = Math.max(this.#limits.evictAbove, 1.5 * this.#backlog.size);
  }

  #lowerHorizon(place: WaitingPlace): void {
    const before = this.#horizon;
    if (
      before === null ||
      place.due < before.due ||
      (place.due === before.due && place.n < before.n)
    )
      this.#horizon = place;
  }

  /** Tells that what waited because the subscriber was unavailable is due at `now`. */
  release(now: Millis): void {
    if (this.#horizon !== null) this.#releasedAt = now;
  }

  #release(): void {
    const at = this.#releasedAt;
    if (at === null) return;
    const count = this.#store.waiting.release(at, this.#limits.batch);
    if (count > 0) this.#lowerHorizon({ due: at, n: 0 });
    if (count < this.#limits.batch) this.#releasedAt = null;
  }
}
