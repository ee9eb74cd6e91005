// At most one progress event per job and window: the first at once, then the latest value.

import type { Millis } from "../kernel/time.ts";

/** What the throttle remembers of a job. `T` is an update that waits. */
export interface Window<T> {
  /** When progress was emitted last; opens the window for every attempt of the job alike. */
  readonly lastAt: Millis | null;
  /** The latest value that waits for the window to open. */
  readonly pending: T | null;
  /** Values dropped in favour of the pending one. */
  readonly dropped: number;
}

export const OPEN_WINDOW: Window<never> = { lastAt: null, pending: null, dropped: 0 };

/**
 * `emit`: this value is emitted now, and `dropped` earlier ones were dropped for it. `hold`: it
 * waits, in place of the value that waited.
 */
export type Offer<T> =
  | { readonly kind: "emit"; readonly dropped: number; readonly window: Window<T> }
  | { readonly kind: "hold"; readonly replaced: boolean; readonly window: Window<T> };

/**
 * When the window opens: `width` after the last emission. When the clock went back (the object
 * moved to another host), no time has passed. `hold` then moves the last emission to the new
 * clock's now, so that a value never waits longer than one window.
 */
export function opensAt(lastAt: Millis | null, width: Millis, now: Millis): Millis {
  if (lastAt === null || width === 0) return now;
  return Math.min(lastAt, now) + width;
}

/** Offers a new value, which the caller knows to be newer than what waits. */
export function offer<T>(window: Window<T>, value: T, width: Millis, now: Millis): Offer<T> {
  const replaced = window.pending !== null;
  const dropped = window.dropped + (replaced ? 1 : 0);
  if (opensAt(window.lastAt, width, now) <= now) {
    return { kind: "emit", dropped, window: { lastAt: now, pending: null, dropped: 0 } };
  }
  return { kind: "hold", replaced, window: hold(window, value, now) };
}

/** The window after a value began to wait at `now`, in place of what waited. */
export function hold<T>(window: Window<T>, value: T, now: Millis): Window<T> {
  const dropped = window.dropped + (window.pending === null ? 0 : 1);
  return {
    lastAt: window.lastAt === null ? null : Math.min(window.lastAt, now),
    pending: value,
    dropped,
  };
}

/** When the pending value has to leave; `null` when nothing waits. */
export const flushAt = (window: Window<unknown>, width: Millis, now: Millis): Millis | null =>
  window.pending === null ? null : opensAt(window.lastAt, width, now);

/** Takes the value that waits when the window is open, which closes it again; else `null`. */
export function flush<T>(
  window: Window<T>,
  width: Millis,
  now: Millis,
): { readonly value: T; readonly dropped: number; readonly window: Window<T> } | null {
  if (window.pending === null || opensAt(window.lastAt, width, now) > now) return null;
  return {
    value: window.pending,
    dropped: window.dropped,
    window: { lastAt: now, pending: null, dropped: 0 },
  };
}

/** Drops the value that waits: its attempt is over. The window stays closed until its time. */
export const cancel = <T>(window: Window<T>): Window<T> => ({
  lastAt: window.lastAt,
  pending: null,
  dropped: 0,
});
