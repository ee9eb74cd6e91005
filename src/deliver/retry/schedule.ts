// When a failed delivery is tried again: by the subscriber's schedule, jitter and `Retry-After`.

import { MINUTE, type Millis } from "../../kernel/time.ts";

/** Jitter: a wait differs from its nominal length by at most this share, either way. */
const JITTER_SHARE = 0.2;

/** The least wait after a timeout or a 429: shorter ones keep an overloaded receiver down. */
export const MIN_OVERLOAD_WAIT_MS: Millis = MINUTE;

/** A wait with its jitter; `chance` is in [0, 1). */
export const withJitter = (wait: Millis, chance: number): Millis =>
  Math.round(wait * (1 - JITTER_SHARE + 2 * JITTER_SHARE * chance));

/** What decides the instant of the next attempt. */
export interface RetryTiming {
  readonly now: Millis;
  /** The subscriber's waits before attempts 2, 3, …. */
  readonly waits: readonly Millis[];
  /** How many of them are used up. */
  readonly step: number;
  readonly chance: number;
  readonly overload: boolean;
  /** What the receiver asked for; 0 for nothing. */
  readonly asked: Millis;
}

/**
 * The instant of the next attempt; `null` when the schedule is used up. An overloaded receiver is
 * left alone for `MIN_OVERLOAD_WAIT_MS`, or for the longest wait of a schedule of shorter ones.
 */
export function nextAttempt(timing: RetryTiming): Millis | null {
  const wait = timing.waits[timing.step];
  if (wait === undefined) return null;
  const least = timing.overload ? Math.min(MIN_OVERLOAD_WAIT_MS, Math.max(...timing.waits)) : 0;
  // The least wait has jitter too: deliveries that time out together do not return together.
  const spread = withJitter(Math.max(wait, least), timing.chance);
  return timing.now + Math.max(spread, least, timing.asked);
}
