// The events of the deliveries that leave next, in memory: one query reads many of them together.

import type { StoredDispatch, SubscriberStore } from "../subscriber.store.ts";

/** Deliveries whose events are kept: a query for this many costs about as much as for one. */
const MAX_CACHED_DISPATCHES = 64;

/** Larger events are read when they leave, so that the cache takes at most 1 MB. */
const MAX_CACHED_BYTES = 16_384;

/** A cache: whatever it has forgotten is read again. */
export class DispatchCache {
  readonly #store: SubscriberStore;
  readonly #cached = new Map<number, StoredDispatch>();

  constructor(store: SubscriberStore) {
    this.#store = store;
  }

  /** Keeps an event that has just been stored with `size` bytes, while there is room. */
  keep(n: number, stored: StoredDispatch, size: number): void {
    if (size <= MAX_CACHED_BYTES && this.#cached.size < MAX_CACHED_DISPATCHES)
      this.#cached.set(n, stored);
  }

  /**
   * The event of a delivery that leaves now; `null` when it has been erased. When it has to be
   * read, the events of the deliveries in `upcoming` are read with it.
   */
  remove(n: number, upcoming: () => Iterable<number>): StoredDispatch | null {
    if (!this.#cached.has(n)) this.#readWith(n, upcoming());
    const stored = this.#cached.get(n) ?? this.#store.load(n);
    this.#cached.delete(n);
    return stored;
  }

  #readWith(n: number, upcoming: Iterable<number>): void {
    const ns = [n];
    for (const other of upcoming) {
      if (ns.length >= MAX_CACHED_DISPATCHES) break;
      if (other !== n) ns.push(other);
    }
    this.#cached.clear();
    for (const [found, stored] of this.#store.loadSmall(ns, MAX_CACHED_BYTES))
      this.#cached.set(found, stored);
  }

  /** Forgets a delivery that has left the table. */
  forget(n: number): void {
    this.#cached.delete(n);
  }
}
