// Whether a call to a Durable Object that failed is worth another try.

import { backoffWait, type Backoff } from "../kernel/backoff.ts";
import type { Millis } from "../kernel/time.ts";

/**
 * Tries in all (Durable Objects, error handling: retry `.retryable` a few times, with a fresh
 * stub).
 */
const MAX_TRIES = 3;

/**
 * The wait before the second try; the third waits twice as long. An object that moves or restarts
 * is back within this.
 */
const CALL_BACKOFF: Backoff = { first: 50, longest: 100 };

/**
 * The words of the platform in errors without a flag (Durable Objects and workerd, 2026-11): it may
 * be right again in a while, unlike code that throws.
 */
const OF_PLATFORM: readonly RegExp[] = [
  /internal error|subrequest|execution context|storage operation|connection lost/i,
  /object to be reset|was reset|moved to a different/i,
  /SQLITE_(?!TOOBIG|CONSTRAINT|ERROR|MISMATCH)/i,
];

/**
 * Why a call was given up: the object asks for less traffic, the platform failed, or the object's
 * code threw.
 */
export type ObjectFault = "overloaded" | "unreachable" | "threw";

export type AfterFailure =
  | { readonly kind: "again"; readonly wait: Millis }
  | { readonly kind: "give-up"; readonly fault: ObjectFault };

/**
 * Decides after try number `tries` (from 1) failed with `error`; `chance` in [0, 1) spreads the
 * waits between half and all. An overloaded object is never tried again, even when it says
 * `retryable`: that is what overloads it.
 */
export function afterFailure(error: unknown, tries: number, chance: number): AfterFailure {
  if (flag(error, "overloaded")) return { kind: "give-up", fault: "overloaded" };
  if (!flag(error, "retryable"))
    return {
      kind: "give-up",
      fault: OF_PLATFORM.some((words) => words.test(String(error))) ? "unreachable" : "threw",
    };
  if (tries >= MAX_TRIES) return { kind: "give-up", fault: "unreachable" };
  return { kind: "again", wait: Math.round(backoffWait(CALL_BACKOFF, tries) * (0.5 + chance / 2)) };
}

const flag = (error: unknown, name: "overloaded" | "retryable"): boolean =>
  typeof error === "object" &&
  error !== null &&
  name in error &&
  (error as Readonly<Record<string, unknown>>)[name] === true;
