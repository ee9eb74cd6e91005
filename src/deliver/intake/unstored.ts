// Deliveries that are in memory only, while the call that brought them waits for their attempt.

import type { NewDelivery } from "../tables.ts";

/** Whoever brought them keeps them as well, and brings them again after a crash. */
export class UnstoredDeliveries {
  readonly #deliveries = new Map<number, NewDelivery>();

  /** How many of these are not in memory alone. */
  storedOf(ns: Iterable<number>): number {
    return [...ns].filter((n) => !this.#deliveries.has(n)).length;
  }

  get(n: number): NewDelivery | undefined {
    return this.#deliveries.get(n);
  }

  /** All of them, in their order. */
  all(): readonly NewDelivery[] {
    return [...this.#deliveries.values()].toSorted((left, right) => left.n - right.n);
  }

  add(delivery: NewDelivery): void {
    this.#deliveries.set(delivery.n, delivery);
  }

  /** Forgets one that was stored. Where storing fails it stays, and is stored later. */
  stored(n: number): void {
    this.#deliveries.delete(n);
  }
}
