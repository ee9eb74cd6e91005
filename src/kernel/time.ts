// Instants: epoch milliseconds inside, ISO 8601 in UTC on the wire. No other pure file names Date.

/** An instant in milliseconds since 1970-01-01T00:00:00Z. */
export type Millis = number;

export const SECOND: Millis = 1_000;
export const MINUTE: Millis = 60 * SECOND;
export const HOUR: Millis = 60 * MINUTE;
export const DAY: Millis = 24 * HOUR;

/** Formats an instant as the API and the events show it: `2026-11-21T19:00:00.000Z`. */
export const iso = (at: Millis): string => new Date(at).toISOString();

/** Formats an instant that may be absent. */
export const isoOrNull = (at: Millis | null): string | null => (at === null ? null : iso(at));

/** The instant that `iso` wrote. */
export const timeOf = (text: string): Millis => new Date(text).getTime();

/** The furthest instant that ISO formatting accepts (ECMA-262, time values). */
const MAX_INSTANT: Millis = 8.64e15;

/** An ISO 8601 date with a time zone, as every provider here sends it. */
const ISO_INSTANT =
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** Reads an ISO 8601 instant; `null` for anything else, local times without a zone included. */
export function parseIso(text: string): Millis | null {
  if (!ISO_INSTANT.test(text)) return null;
  const at = Date.parse(text);
  // Engines roll 30 February over into March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(at) || day.toISOString().slice(0, 10) !== text.slice(0, 10) ? null : at;
}

/** A unix timestamp above this is in milliseconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const SECONDS_LIMIT = 1e11;

/** Reads a unix timestamp in seconds or milliseconds; `null` when it is no usable instant. */
export function parseUnix(value: number): Millis | null {
  if (!Number.isFinite(value) || value < 0) return null;
  const at = value > SECONDS_LIMIT ? value : value * SECOND;
  return at <= MAX_INSTANT ? Math.round(at) : null;
}

/**
 * Obsolete forms that a recipient still has to read (RFC 9110, 5.6.7):
 * `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
 */
const RFC_850 = /^[A-Z][a-z]+day, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}:\d{2}:\d{2}) (\d{4})$/;
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Reads an HTTP date (RFC 9110, 5.6.7), as in `Retry-After`; `null` for anything else. */
export function parseHttpDate(text: string): Millis | null {
  const fixed = IMF_FIXDATE.test(text)
    ? text
    : text
        // A two-digit year: this relay meets no date before 2000.
        .replace(RFC_850, "$1 $2 20$3 $4 GMT")
        .replace(ASCTIME, "$2 $1 $4 $3 GMT");
  if (fixed === text && !IMF_FIXDATE.test(text)) return null;
  const at = Date.parse(fixed);
  return Number.isNaN(at) ? null : at;
}
