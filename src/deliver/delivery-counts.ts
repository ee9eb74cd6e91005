// How many deliveries are in each state, followed from change to change.

import type { StoredState } from "./delivery.ts";

/** Counts by state. They are unknown until `set`, and again after `reset`. */
export class DeliveryCounts {
  #counts: Map<StoredState, number> | null = null;

  /** The counts; `null` while they are unknown. A state that is absent has no delivery. */
  get value(): ReadonlyMap<StoredState, number> | null {
    return this.#counts;
  }

  /** Takes counts that were read from the table. */
  set(counts: ReadonlyMap<StoredState, number>): void {
    this.#counts = new Map(counts);
  }

  /** Forgets the counts, after a change that cannot be followed. */
  reset(): void {
    this.#counts = null;
  }

  /** Follows one delivery from one state to another; `null` for a new delivery. */
  move(from: StoredState | null, to: StoredState): void {
    if (this.#counts === null) return;
    if (from !== null) this.#counts.set(from, (this.#counts.get(from) ?? 0) - 1);
    this.#counts.set(to, (this.#counts.get(to) ?? 0) + 1);
  }
}
