// Names with the instants at which they wake, the earliest first: a binary heap.

import type { Millis } from "../../kernel/time.ts";

interface Sleeper {
  readonly name: string;
  readonly at: Millis;
}

/** Entries of names that left or moved are dropped when they come up, or when they are half. */
const MIN_STALE_ENTRIES = 1_000;

/** Each name is in it at most once. Changing it takes a time that grows with the logarithm. */
export class WakeHeap {
  readonly #at = new Map<string, Millis>();
  #heap: Sleeper[] = [];

  /** Every name with its instant, in no order. */
  entries(): Iterable<readonly [name: string, at: Millis]> {
    return this.#at.entries();
  }

  /** Adds a name, or moves it. */
  set(name: string, at: Millis): void {
    if (this.#at.get(name) === at) return;
    this.#at.set(name, at);
    this.#push({ name, at });
    if (this.#heap.length > 2 * this.#at.size + MIN_STALE_ENTRIES) this.#rebuild();
  }

  /** Removes a name, if it is there. */
  delete(name: string): void {
    this.#at.delete(name);
  }

  /** The earliest instant; `null` when it is empty. */
  first(): Millis | null {
    this.#dropStale();
    return this.#heap[0]?.at ?? null;
  }

  /** Removes the earliest name and answers it, if its instant is not after `now`; else `null`. */
  shift(now: Millis): string | null {
    this.#dropStale();
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return null;
    // Its entry is dropped with the others of names that left.
    this.#at.delete(first.name);
    return first.name;
  }

  #rebuild(): void {
    // A sorted list is a heap.
    this.#heap = Array.from(this.#at, ([name, at]) => ({ name, at })).toSorted(
      (left, right) => left.at - right.at,
    );
  }

  #dropStale(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#at.get(first.name) === first.at) return;
      this.#pop();
    }
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#heap;
    let index = heap.push(sleeper) - 1;
    while (index > 0) {
      const above = (index - 1) >>> 1;
      const parent = heap[above];
      if (parent === undefined || parent.at <= sleeper.at) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = sleeper;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const child =
        (heap[left + 1]?.at ?? Infinity) < (heap[left]?.at ?? Infinity) ? left + 1 : left;
      const below = heap[child];
      if (below === undefined || below.at >= last.at) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}
