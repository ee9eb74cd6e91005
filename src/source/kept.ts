// How much of refused requests a source keeps: little, because anybody can send them.

import { DAY, type Millis } from "../kernel/time.ts";

/** Bytes of bodies and headers in one day. */
export const MAX_KEPT_BYTES_PER_DAY = 1_048_576;

/** Requests in one day: each is a row written. */
export const MAX_KEPT_PER_DAY = 100;

/** Requests that are kept at once; the oldest leave. */
export const MAX_KEPT = 100;

/** After this a request leaves: a secret is mended within days, or its sender is asked again. */
export const KEPT_FOR: Millis = 7 * DAY;

/** A kept request without its content. */
export interface KeptSize {
  readonly n: number;
  readonly at: Millis;
  readonly bytes: number;
}

/** Bytes that may still be kept on the day of `now` (UTC), and the numbers of those that leave. */
export function keepingOf(
  kept: readonly KeptSize[],
  now: Millis,
): { readonly room: number; readonly leaving: readonly number[] } {
  const today = kept.filter(({ at }) => dayOf(at) === dayOf(now));
  const used = today.reduce((sum, { bytes }) => sum + bytes, 0);
  const room = today.length < MAX_KEPT_PER_DAY ? Math.max(0, MAX_KEPT_BYTES_PER_DAY - used) : 0;
  const newest = kept.toSorted((left, right) => right.at - left.at);
  const leaving = newest.filter(({ at }, index) => index >= MAX_KEPT - 1 || at < now - KEPT_FOR);
  return { room, leaving: leaving.map(({ n }) => n) };
}

const dayOf = (at: Millis): number => Math.floor(at / DAY);
