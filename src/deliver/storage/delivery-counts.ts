// How many deliveries are in each state, followed from change to change.

import type { StoredState } from "../delivery.ts";

/** Counts by state. They are unknown until `set`. */
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

  /** Follows a delivery from a state (`null`: it is new) to another (`null`: it is removed). */
  move(from: StoredState | null, to: StoredState | null): void {
    if (this.#counts === null) return;
    const left = from === null ? 0 : (this.#counts.get(from) ?? 0) - 1;
    if (from !== null && left > 0) this.#counts.set(from, left);
    else if (from !== null) this.#counts.delete(from);
    if (to !== null) this.#counts.set(to, (this.#counts.get(to) ?? 0) + 1);
  }
}
