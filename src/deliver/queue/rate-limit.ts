// The rate limit of a subscriber as one instant (the generic cell rate algorithm of ITU-T I.371).

import { SECOND, type Millis } from "../../kernel/time.ts";

/** Deliveries may run ahead of an even pace by this long: a high rate needs fewer wake-ups then. */
export const BURST_MS: Millis = SECOND / 10;

/** `onPaceAt` is when the next delivery would be exactly on pace; in ms, fractions count. */
export interface RateLimit {
  readonly onPaceAt: number;
}

/**
 * The limit when an object starts, after the last delivery left at `last` (`null`: none did). It is
 * taken for the last one of a burst, so that the rate is not exceeded.
 */
export function rateLimitAfter(last: Millis | null, rate: number | null): RateLimit {
  return {
    onPaceAt: last === null || rate === null ? 0 : last + Math.max(SECOND / rate, BURST_MS),
  };
}

/** How many deliveries may run ahead of an even pace: those of `BURST_MS`, at least one. */
const burstSize = (interval: Millis): number => Math.max(1, Math.floor(BURST_MS / interval));

/** How many deliveries may leave at `now`; `Infinity` without a rate. */
export function allowedNow(limit: RateLimit, rate: number | null, now: Millis): number {
  if (rate === null) return Infinity;
  const interval = SECOND / rate;
  const burst = burstSize(interval);
  return Math.max(0, Math.min(burst, Math.floor((now - limit.onPaceAt) / interval) + burst));
}

/** The limit after `count` deliveries have left at `now`. */
export function afterSending(
  limit: RateLimit,
  rate: number | null,
  now: Millis,
  count: number,
): RateLimit {
  return rate === null || count === 0
    ? limit
    : { onPaceAt: Math.max(limit.onPaceAt, now) + count * (SECOND / rate) };
}

/** When the next delivery may leave: `now` or later. */
export function nextAllowed(limit: RateLimit, rate: number | null, now: Millis): Millis {
  if (rate === null) return now;
  const interval = SECOND / rate;
  return Math.max(now, Math.ceil(limit.onPaceAt - (burstSize(interval) - 1) * interval));
}
