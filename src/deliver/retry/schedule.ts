// When a failed delivery is tried again: the subscriber's list of waits, spread by chance, lengthened by what the receiver asks for.

import { DAY, MINUTE, parseHttpDate, SECOND, type Millis } from "../../kernel/time.ts";

/** Each wait is drawn from this share around its nominal length, so that deliveries that failed together do not return together. */
export const JITTER = 0.2;

/** The longest wait a receiver may ask for: the longest one of the Standard Webhooks schedule. */
export const MAX_RETRY_AFTER: Millis = DAY;

/** The least wait after a sign of overload (a timeout, a 429): shorter ones keep the receiver down. */
export const OVERLOAD_WAIT: Millis = MINUTE;

/** A wait with its spread; `chance` is in [0, 1). */
export const jittered = (wait: Millis, chance: number): Millis =>
  Math.round(wait * (1 - JITTER + 2 * JITTER * chance));

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3: seconds or an HTTP date) as a wait from `now`, at most `MAX_RETRY_AFTER`;
 * 0 for a missing, malformed or past one, since it can only lengthen a wait.
 */
export function retryAfter(value: string | undefined, now: Millis): Millis {
  const text = value?.trim() ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND : (parseHttpDate(text) ?? now) - now;
  return Math.min(Math.max(wait, 0), MAX_RETRY_AFTER);
}

/** What decides the instant of the next attempt. */
export interface Timing {
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
 * The instant of the next attempt; `null` when the schedule is used up. An overloaded receiver gets `OVERLOAD_WAIT`, or the
 * longest wait of a schedule whose operator chose only shorter ones.
 */
export function nextAttempt(timing: Timing): Millis | null {
  const wait = timing.waits[timing.step];
  if (wait === undefined) return null;
  const least = timing.overload ? Math.min(OVERLOAD_WAIT, Math.max(...timing.waits)) : 0;
  // Floored before the spread: many deliveries that time out together must not return together either.
  const spread = jittered(Math.max(wait, least), timing.chance);
  return timing.now + Math.max(spread, least, timing.asked);
}
