// How much the viewers of one object may have read together, each of them, and each Centrifugo
// connection.

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
 * Of all connections of one viewer: a quarter of the time of all, so that no viewer takes it
 * from others by opening many.
 */
export const VIEWER_WORK: WorkLimit = { burst: 8_000_000, perSecond: 2_000_000 };

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

/** Viewers at which idle ones are first forgotten; later at twice those that stayed. */
const FIRST_SWEEP = 64;

/** The allowances of viewers, by what tells them apart. */
export class ViewerAllowances {
  readonly #limit: WorkLimit;
  readonly #known = new Map<string, WorkAllowance>();
  #sweepAt = FIRST_SWEEP;

  constructor(limit: WorkLimit) {
    this.#limit = limit;
  }

  /** How many are held. */
  get size(): number {
    return this.#known.size;
  }

  of(viewer: string, now: Millis): WorkAllowance {
    const known = this.#known.get(viewer);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#sweepAt) this.#sweep(now);
    const made = new WorkAllowance(this.#limit, now);
    this.#known.set(viewer, made);
    return made;
  }

  /** One that has everything left is as good as a new one. */
  #sweep(now: Millis): void {
    for (const [viewer, work] of this.#known)
      if (work.available(now) >= this.#limit.burst) this.#known.delete(viewer);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#known.size);
  }
}
