// How much the Centrifugo connections of an account may have read, one by one and together.

import { SECOND, type Millis } from "../../kernel/time.ts";

/** A bound on work over time, in characters of what is read. */
interface WorkLimit {
  /** What may be read at once, after a pause. */
  readonly burst: number;
  readonly perSecond: number;
}

/** What a command costs besides what it reads: about as much time as so many characters. */
export const COMMAND_COST = 1_000;

/** Of one connection: two full frames at once, then a history page of 300 small events a second. */
export const CONNECTION_WORK: WorkLimit = { burst: 4_000_000, perSecond: 400_000 };

/** Of all connections of an account: about a quarter of the time that its object has. */
export const ACCOUNT_WORK: WorkLimit = { burst: 16_000_000, perSecond: 8_000_000 };

/** What is left of a bound. It may be overdrawn: the last thing that is read may be large. */
export class WorkAllowance {
  readonly #limit: WorkLimit;
  #left: number;
  #at: Millis;

  constructor(limit: WorkLimit, now: Millis) {
    this.#limit = limit;
    this.#left = limit.burst;
    this.#at = now;
  }

  /** How much may be read now; 0 or less while everything is used up. */
  available(now: Millis): number {
    const refilled = (this.#limit.perSecond * Math.max(0, now - this.#at)) / SECOND;
    this.#left = Math.min(this.#limit.burst, this.#left + refilled);
    this.#at = now;
    return this.#left;
  }

  /** Takes what was read. */
  spend(characters: number): void {
    this.#left -= characters;
  }
}
