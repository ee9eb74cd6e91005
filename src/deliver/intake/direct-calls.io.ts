// Calls that wait for the first attempt of the delivery that they bring, so that both are one row.

import type { Millis } from "../../kernel/time.ts";
import type { AttemptEnvelope } from "../../model/event.ts";

/**
 * A call waits so long at most: its sender holds back nothing but the job's own next events, and
 * those not for longer. Most receivers answer sooner.
 */
const MAX_WAIT_MS: Millis = 200;

/** What a delivery's first attempt gives its call: the event about it, to be passed on. */
type Ended = (attempts: readonly AttemptEnvelope[]) => void;

/** The calls of one subscriber that wait, by the number of the delivery. */
export class DirectCalls {
  readonly #waiting = new Map<number, Ended>();

  /** True while a call waits for a delivery. */
  has(n: number): boolean {
    return this.#waiting.has(n);
  }

  /** Waits for a delivery's attempt; `null` when it takes too long. */
  wait(n: number): Promise<readonly AttemptEnvelope[] | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(n);
        resolve(null);
      }, MAX_WAIT_MS);
      this.#waiting.set(n, (attempts) => {
        clearTimeout(timer);
        this.#waiting.delete(n);
        resolve(attempts);
      });
    });
  }

  /** Tells of an attempt that has ended. */
  ended(n: number, attempts: readonly AttemptEnvelope[]): void {
    this.#waiting.get(n)?.(attempts);
  }
}
