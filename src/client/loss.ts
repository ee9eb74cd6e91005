// What follows a lost connection: another attempt, another transport, or the end.

import type { Millis } from "../kernel/time.ts";
import type { Machine } from "./state.ts";

/** The smallest and the largest wait before a reconnect, which is random ("full jitter"). */
const WAIT_MIN: Millis = 500;
const WAIT_MAX: Millis = 20_000;

/** A connection that lasts this long resets the backoff. */
const STABLE: Millis = 10_000;

/** Failures before the next transport: of one that has not worked yet, and of one that has. */
export const MISSES = 2;
const MISSES_PROVEN = 6;

/** How long a fallback is used before the best transport is tried again. */
export const UPGRADE: Millis = 300_000;

/** Close codes (docs/protocol.md, Closing): after 4500 and above, a client does not reconnect. */
const RENEW = 4_005;
export const FINAL = 4_500;
export const FORBIDDEN = 4_507;
export const BROKEN = 1_006;
/** The client's own codes: the application gave no token, or refused to give one. */
export const TOKEN_LATER = 4_099;
export const TOKEN_REFUSED = 4_599;

/** The wait before a reconnect after `failures` failures; `chance` in [0, 1). */
export const backoff = (failures: number, chance: number): Millis =>
  WAIT_MIN + chance * Math.min(WAIT_MAX - WAIT_MIN, WAIT_MIN * 2 ** failures);

/** Waits until `due`, or until the page is visible and online again. */
export const wait = (m: Machine, due: Millis): Machine => ({
  ...m,
  due,
  kind: m.away ? "paused" : "waiting",
});

/** Why a connection is lost. `retryAfter`, in ms, can only lengthen the wait. */
export interface Loss {
  readonly code: number;
  readonly cause?: unknown;
  readonly retryAfter?: Millis;
  readonly weight?: number;
}

export function lose(
  was: Machine,
  { code, cause, retryAfter = 0, weight = 1 }: Loss,
  now: Millis,
  chance: number,
): Machine {
  const m = { ...was, code, cause };
  const { via, proven, spare } = m;
  // The application's cached token may have ended while nothing was connected, so ask for a new
  // one.
  if (code === FINAL && proven >= 0 && !m.expired) return wait({ ...m, expired: true }, now);
  // A job that does not exist yet is watched on its account's stream.
  if (code === FORBIDDEN && proven < 0 && spare) return wait({ ...m, spare: spare - 1 }, now);
  if (code >= FINAL) return { ...m, kind: "failed" };
  const stable = m.kind === "live" && now - m.began >= STABLE;
  const failures = stable ? 0 : m.failures + weight;
  const gives =
    code !== TOKEN_LATER &&
    failures >= (proven === via ? MISSES_PROVEN : MISSES) &&
    failures % MISSES < weight;
  const next = gives ? (via + 1) % m.ways.length : via;
  const expired = code === RENEW;
  const pause = (expired && stable) || next > via ? 0 : backoff(failures, chance);
  return wait(
    {
      ...m,
      failures,
      via: next,
      upgrade: gives ? now + UPGRADE : m.upgrade,
      expired: expired || m.expired,
    },
    now + Math.max(pause, retryAfter),
  );
}
