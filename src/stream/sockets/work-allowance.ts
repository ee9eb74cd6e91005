// How much the viewers of one object may have read together, and each Centrifugo connection.

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

/**
 * Of all Centrifugo connections of an object, and of all others of its viewers: about a quarter of
 * its time each.
 */
export const OBJECT_WORK: WorkLimit = { burst: 16_000_000, perSecond: 8_000_000 };

/** What a read may have while all is used up, in characters; an eighth of it after a flood. */
export const LEAST_READ = 131_072;

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

  /**
   * How much a read may have that is never refused: all that is left, and something however much
   * was read before, so that everybody gets on.
   */
  readable(now: Millis): number {
    const left = this.available(now);
    return Math.max(left < -this.#limit.burst ? LEAST_READ / 8 : LEAST_READ, left);
  }
}
