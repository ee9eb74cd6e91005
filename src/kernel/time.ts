// Instants: epoch milliseconds inside, ISO 8601 in UTC on the wire. The only pure file that names Date.

/** An instant in milliseconds since 1970-01-01T00:00:00Z. */
export type Millis = number;

export const SECOND: Millis = 1_000;
export const MINUTE: Millis = 60 * SECOND;
export const HOUR: Millis = 60 * MINUTE;
export const DAY: Millis = 24 * HOUR;

/** Formats an instant as the contract shows it: `2026-11-21T19:00:00.000Z`. */
export const iso = (at: Millis): string => new Date(at).toISOString();

/** Formats an instant that may be absent. */
export const isoOrNull = (at: Millis | null): string | null => (at === null ? null : iso(at));

/** The furthest instant that ISO formatting accepts (ECMA-262, time values). */
const MAX_INSTANT: Millis = 8.64e15;

/** An ISO 8601 date with a time zone, as every provider here sends it. */
const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** Reads an ISO 8601 instant; `null` for anything else, local times without a zone included. */
export function parseIso(text: string): Millis | null {
  if (!ISO_INSTANT.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** Above this a unix timestamp is read as milliseconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const SECONDS_LIMIT = 1e11;

/** Reads a unix timestamp in seconds or milliseconds; `null` when it is no usable instant. */
export function parseUnix(value: number): Millis | null {
  if (!Number.isFinite(value) || value < 0) return null;
  const at = value > SECONDS_LIMIT ? value : value * SECOND;
  return at <= MAX_INSTANT ? Math.round(at) : null;
}

/** Reads an HTTP date (RFC 9110, 5.6.7), as `Retry-After` may carry it. */
export function parseHttpDate(text: string): Millis | null {
  if (!/^[A-Z][a-z]{2},? /.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
