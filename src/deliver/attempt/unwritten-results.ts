// Results of attempts that are in memory only, until they are written together.

import type { AttemptedDelivery } from "../tables.ts";

/** A result is nowhere else: without it a delivery stays pending, and is made again. */
export class UnwrittenResults {
  #results: AttemptedDelivery[] = [];

  get size(): number {
    return this.#results.length;
  }

  add(result: AttemptedDelivery): void {
    this.#results.push(result);
  }

  /**
   * Writes all of them. One that cannot be written, as on a full disk, holds back no other and
   * stays for the next time; its error is thrown in the end.
   */
  write(write: (result: AttemptedDelivery) => void): void {
    const failures: unknown[] = [];
    for (const result of this.#results.splice(0)) {
      try {
        write(result);
      } catch (thrown) {
        this.#results.push(result);
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
