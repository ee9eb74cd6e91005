// The unfinished deliveries of a subscriber in memory, by line: a cache of the table, rebuilt when the object starts.

import type { Millis } from "../../kernel/time.ts";
import type { Line, QueueRow } from "./plan.ts";

/** Holds rows without bodies (about 200 bytes each). Changes nothing but itself. */
export class Backlog {
  readonly #lines = new Map<string, QueueRow[]>();
  readonly #rows = new Map<number, QueueRow>();
  readonly #touched = new Set<string>();
  /** When the last progress of a job left. */
  readonly #progressLeft = new Map<string, Millis>();

  get size(): number {
    return this.#rows.size;
  }

  get progressLeft(): ReadonlyMap<string, Millis> {
    return this.#progressLeft;
  }

  get(n: number): QueueRow | undefined {
    return this.#rows.get(n);
  }

  /** Every row, in no order. */
  rows(): Iterable<QueueRow> {
    return this.#rows.values();
  }

  /** Every line, the one that has waited longest for its turn first. */
  all(): Iterable<Line> {
    return this.#lines.values();
  }

  /** `n` of the rows that are due, in about the order in which they leave: the first of every line, then the second, and so on. */
  *upcoming(now: Millis, underWay: ReadonlySet<number>): Generator<number> {
    let lines: Iterable<Line> = this.#lines.values();
    for (let place = 0; ; place += 1) {
      // Most lines have one row: only the others are looked at again.
      const longer: Line[] = [];
      for (const line of lines) {
        const row = line[place];
        if (row !== undefined && row.due <= now && !underWay.has(row.n)) yield row.n;
        if (line.length > place + 1) longer.push(line);
      }
      if (longer.length === 0) return;
      lines = longer;
    }
  }

  /** Lines that changed since `settled` was last called. */
  touched(): readonly Line[] {
    return [...this.#touched]
      .map((key) => this.#lines.get(key))
      .filter((line) => line !== undefined);
  }

  /** Every line has been looked at since the last change. */
  settled(): void {
    this.#touched.clear();
  }

  /** Adds a row or replaces the one with its `n`. */
  put(row: QueueRow): void {
    const key = keyOf(row);
    this.#touched.add(key);
    this.#rows.set(row.n, row);
    const line = this.#lines.get(key);
    if (line === undefined) {
      this.#lines.set(key, [row]);
      return;
    }
    // New rows come last; a retry by hand may bring back an old one.
    const after = line.findLastIndex((other) => other.n <= row.n);
    line.splice(
      line[after]?.n === row.n ? after : after + 1,
      line[after]?.n === row.n ? 1 : 0,
      row,
    );
  }

  remove(n: number): void {
    const row = this.#rows.get(n);
    if (row === undefined) return;
    this.#rows.delete(n);
    const key = keyOf(row);
    this.#touched.add(key);
    const line = this.#lines.get(key);
    const at = line?.findIndex((other) => other.n === n) ?? -1;
    if (line === undefined || at === -1) return;
    line.splice(at, 1);
    this.#lines.delete(key);
    // Behind the others: a job with much to tell has no more turns than one with little, and what came first leaves first.
    if (line.length > 0) this.#lines.set(key, line);
    else this.#touched.delete(key);
  }

  /** Notes that progress of a job leaves at `now`; forgets jobs whose window of `throttle` is over. */
  left(job: string, now: Millis, throttle: Millis): void {
    // Re-inserted, so that the oldest come first.
    this.#progressLeft.delete(job);
    this.#progressLeft.set(job, now);
    for (const [other, at] of this.#progressLeft) {
      if (at + throttle > now) break;
      this.#progressLeft.delete(other);
    }
  }

  /** When the oldest row was enqueued. */
  oldest(): Millis | null {
    let oldest: Millis | null = null;
    for (const { at } of this.#rows.values()) if (oldest === null || at < oldest) oldest = at;
    return oldest;
  }

  /** The smallest `n`. */
  lowest(): number | null {
    let lowest: number | null = null;
    for (const n of this.#rows.keys()) if (lowest === null || n < lowest) lowest = n;
    return lowest;
  }
}

const keyOf = (row: QueueRow): string => row.job ?? `#${row.n}`;
