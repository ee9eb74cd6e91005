// The events of the deliveries that leave next, in memory: read together, since one query costs about as much for many rows as for one.

import type { StoredDispatch, SubscriberStore } from "../subscriber.store.ts";

/** Deliveries whose events are read, or kept, ahead. */
const AHEAD = 64;

/** Bytes of an event that is read ahead; larger ones are read when they leave, so that `AHEAD` of them take 1 MB at most. */
const SMALL = 16_384;

/** A cache: whatever it has forgotten is read again. */
export class DispatchCache {
  readonly #store: SubscriberStore;
  readonly #near = new Map<number, StoredDispatch>();

  constructor(store: SubscriberStore) {
    this.#store = store;
  }

  /** Keeps one that has just been stored with `size` bytes, for as long as there is room: most leave at once. */
  keep(n: number, body: StoredDispatch, size: number): void {
    if (size <= SMALL && this.#near.size < AHEAD) this.#near.set(n, body);
  }

  /** The event of a delivery that leaves now, `null` when it has been erased; `next` are those that leave after it. */
  take(n: number, next: () => Iterable<number>): StoredDispatch | null {
    const near = this.#near.get(n);
    if (near !== undefined) {
      this.#near.delete(n);
      return near;
    }
    this.#near.clear();
    const ns = [n];
    for (const other of next()) {
      if (ns.length >= AHEAD) break;
      if (other !== n) ns.push(other);
    }
    for (const [found, body] of this.#store.loadSmall(ns, SMALL)) this.#near.set(found, body);
    const read = this.#near.get(n) ?? this.#store.load(n);
    this.#near.delete(n);
    return read;
  }

  /** Forgets one that has left the table. */
  forget(n: number): void {
    this.#near.delete(n);
  }
}
