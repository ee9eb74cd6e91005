// Which unfinished deliveries are in memory: those that may leave soon.

import { MINUTE, type Millis } from "../../../kernel/time.ts";
import type { Gate } from "../../retry/breaker.ts";
import type { SubscriberStore } from "../../subscriber.store.ts";
import type { WaitingPlace } from "../../waiting.store.ts";
import type { Backlog } from "../backlog.ts";
import { leavingRows } from "./eviction.ts";
import type { QueueRow } from "../queue-row.ts";
import type { WindowLimits } from "./limits.ts";

/** Deliveries that are read for a probe when nothing else is in memory. */
const READ_FOR_PROBE = 10;

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
  nextLoad(nextN: number, now: Millis): Millis | null {
    if (!this.#mayRead) return null;
    const isBehind = this.#loadedTo < nextN || this.#releasedAt !== null;
    return isBehind || this.#nextSkipped() !== undefined ? now + 1 : (this.#horizon?.due ?? null);
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
    const taken = this.#withinLimit([row]);
    this.#enterAll(taken);
    return taken.length > 0;
  }

  /** The fresh rows that may come into memory: the rest of long jobs is skipped. */
  #withinLimit(rows: readonly QueueRow[]): readonly QueueRow[] {
    const counts = new Map<string, number>();
    return rows.filter(({ job, n }) => {
      if (job === null) return true;
      if (this.#skipped.has(job)) return false;
      const count = counts.get(job) ?? this.#backlog.freshOf(job);
      counts.set(job, count + 1);
      if (count >= this.#limits.perJob) this.#skipped.set(job, n);
      return count < this.#limits.perJob;
    });
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
    this.#enterAll([row]);
  }

  /** The same for several rows: what waits of their jobs is read together. */
  #enterAll(rows: readonly QueueRow[]): void {
    const jobs = rows.flatMap((row) =>
      row.job === null || this.#backlog.lengthOf(row.job) > 0 ? [] : [row.job],
    );
    for (const row of rows) this.#backlog.put(row);
    if (this.#horizon === null || jobs.length === 0) return;
    for (const row of this.#store.waiting.ofJobs([...new Set(jobs)], this.#limits.perJob))
      if (this.#backlog.get(row.n) === undefined) this.#backlog.put(row);
  }

  /**
   * Reads what may leave soon, once few jobs in memory are awake: at most two batches. To be called
   * after all results are written. False when there was nothing to read.
   */
  load(nextN: number, now: Millis, gate: Gate["kind"]): boolean {
    if (gate === "shut") {
      if (this.#backlog.size < this.#limits.rows / 2) this.#readFresh(nextN);
      return false;
    }
    this.#release();
    const { size } = this.#backlog;
    const [horizon, loadedTo] = [this.#horizon, this.#loadedTo];
    if (this.#mayRead && this.#horizon !== null && this.#horizon.due <= now)
      this.#readWaiting(now + LOOKAHEAD_MS, this.#limits.batch);
    if (this.#mayRead && this.#loadedTo < nextN) this.#readFresh(nextN);
    // A probe does not wait until its delivery is due.
    if (gate === "probe" && this.#backlog.size === 0 && this.#loadedTo >= nextN)
      this.#readWaiting(Infinity, READ_FOR_PROBE);
    const skipped = this.#nextSkipped();
    if (skipped !== undefined) this.#readSkipped(...skipped);
    return size !== this.#backlog.size || horizon !== this.#horizon || loadedTo !== this.#loadedTo;
  }

  /** True when `load` has something to read. */
  hasToLoad(nextN: number, now: Millis, gate: Gate["kind"]): boolean {
    const { due = Infinity } = this.#horizon ?? {};
    const isEmpty = gate === "probe" && this.#horizon !== null && this.#backlog.size === 0;
    const isBehind = this.#loadedTo < nextN || this.#skipped.size > 0 || this.#releasedAt !== null;
    return isBehind || due <= now || isEmpty;
  }

  /** True when something may wait that is in the table alone. */
  hidesAny(nextN: number): boolean {
    return this.#loadedTo < nextN || this.#skipped.size > 0 || this.#horizon !== null;
  }

  get #mayRead(): boolean {
    const { batch, most } = this.#limits;
    return this.#backlog.awakeCount < batch && this.#backlog.size < most;
  }

  #readFresh(nextN: number): void {
    const span = { from: this.#loadedTo, to: nextN };
    const { rows, next } = this.#store.waiting.fresh(span, this.#limits.batch);
    const isNew = ({ n }: QueueRow): boolean => this.#backlog.get(n) === undefined;
    this.#enterAll(this.#withinLimit(rows.filter(isNew)));
    this.#loadedTo = next;
  }

  #nextSkipped(): readonly [job: string, from: number] | undefined {
    for (const one of this.#skipped)
      if (this.#backlog.freshOf(one[0]) <= this.#limits.perJob / 2) return one;
    return undefined;
  }

  #readSkipped(job: string, from: number): void {
    const room = this.#limits.perJob - this.#backlog.freshOf(job);
    const span = { from, to: this.#loadedTo };
    const { rows, next } = this.#store.waiting.freshOfJob(job, span, room);
    for (const row of rows) if (this.#backlog.get(row.n) === undefined) this.enter(row);
    if (next >= this.#loadedTo) this.#skipped.delete(job);
    else this.#skipped.set(job, next);
  }

  /** Reads the next ones that wait, at most `limit` and as far as they are due by `until`. */
  #readWaiting(until: Millis, limit: number): void {
    if (this.#horizon === null) return;
    const { waiting } = this.#store;
    const rows = waiting.after(this.#horizon, until, limit);
    this.#enterAll(rows.filter(({ n }) => this.#backlog.get(n) === undefined));
    this.#horizon = rows.length < limit ? waiting.placeAfter(until) : (rows.at(-1) ?? null);
  }

  /**
   * Lets jobs leave memory that wait for long and have nothing fresh. `flush` writes all results to
   * the table first.
   */
  evict(now: Millis, underWay: ReadonlySet<number>, flush: () => void): void {
    if (this.#backlog.size <= this.#evictAt) return;
    flush();
    const leaving = leavingRows(this.#backlog, { now, soon: now + 2 * LOOKAHEAD_MS }, underWay);
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
