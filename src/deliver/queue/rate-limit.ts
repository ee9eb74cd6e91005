// The rate limit of a subscriber as one number (GCRA, ITU-T I.371): when the deliveries so far are paid for.

import { SECOND, type Millis } from "../../kernel/time.ts";

/** Deliveries may run ahead of an even pace by this long, so that a high rate does not need a wake-up per delivery. */
export const BURST: Millis = SECOND / 10;

/** `paidAt` is the instant at which the next delivery would be exactly on pace; fractions of a millisecond count. */
export interface RateLimit {
  readonly paidAt: number;
}

/** A bucket whose last delivery left at `last` (`null`: none ever did) and, to be on the safe side, was the last of a burst. */
export function rateLimitAfter(last: Millis | null, rate: number | null): RateLimit {
  return { paidAt: last === null || rate === null ? 0 : last + Math.max(SECOND / rate, BURST) };
}

/** How many deliveries may leave at `now`; `Infinity` without a rate. */
export function allowance(bucket: RateLimit, rate: number | null, now: Millis): number {
  if (rate === null) return Infinity;
  const space = SECOND / rate;
  // The first of a burst goes when it is on pace; others run ahead, at most as many as fit into `BURST`.
  const size = Math.max(1, Math.floor(BURST / space));
  return Math.max(0, Math.min(size, Math.floor((now - bucket.paidAt) / space) + size));
}

/** The bucket after `count` deliveries have left at `now`. */
export function spend(
  bucket: RateLimit,
  rate: number | null,
  now: Millis,
  count: number,
): RateLimit {
  return rate === null || count === 0
    ? bucket
    : { paidAt: Math.max(bucket.paidAt, now) + count * (SECOND / rate) };
}

/** When the next delivery may leave: `now` or later. */
export function nextAllowed(bucket: RateLimit, rate: number | null, now: Millis): Millis {
  if (rate === null) return now;
  const space = SECOND / rate;
  const size = Math.max(1, Math.floor(BURST / space));
  return Math.max(now, Math.ceil(bucket.paidAt - (size - 1) * space));
}
