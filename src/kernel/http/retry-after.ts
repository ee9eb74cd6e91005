// Reads `Retry-After`.

import { DAY, parseHttpDate, SECOND, type Millis } from "../time.ts";

/** The longest wait a server may ask for: the longest one of the Standard Webhooks schedule. */
export const MAX_RETRY_AFTER_MS: Millis = DAY;

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3: seconds or an HTTP date) as a wait from `now`, at most
 * `MAX_RETRY_AFTER_MS`. It can only lengthen a wait: a missing, malformed or past one is 0.
 */
export function retryAfter(value: string | undefined, now: Millis): Millis {
  const text = value?.trim() ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND : (parseHttpDate(text) ?? now) - now;
  return Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}
