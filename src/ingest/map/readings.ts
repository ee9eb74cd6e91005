// What an expression's value means where the relay needs a word, a count, an address, an instant.

import { isExactNumber, numberOf, numberText } from "../../kernel/json/exact-number.ts";
import { isObject, writeJson, type Json } from "../../kernel/json.ts";
import { parseIso, parseUnix, type Millis } from "../../kernel/time.ts";
import { webAddress } from "../normalize/fields.ts";
import { cutText } from "../../kernel/json/text.ts";

/** Longest error text, in UTF-16 units; `details` still have all that the provider sent. */
export const MAX_ERROR_LENGTH = 4_096;

/** Longest download address, in UTF-16 units: longer ones are refused by browsers and servers. */
export const MAX_URL_LENGTH = 8_192;

/** Text, a number or a truth value as one word; null for everything else and for empty text. */
export function readWord(value: Json): string | null {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string" || value.trim() === "") return null;
  return isExactNumber(value) ? numberText(value) : value;
}

/** An id: a word, but no truth value, which is the answer to a question. */
export const readId = (value: Json): string | null =>
  typeof value === "boolean" ? null : readWord(value);

/** What names a job or account: an id; text of white space alone is one as it stands. */
export const readName = (value: Json): string | null =>
  typeof value === "string" && value !== "" && value.trim() === "" ? value : readId(value);

/** Text that tells what went wrong; a list or an object is shown as JSON, null when empty. */
export function readError(value: Json): string | null {
  const isEmpty = isObject(value) && Object.keys(value).length === 0;
  const structured = typeof value === "object" && value !== null && !isEmpty;
  const hasElements = !Array.isArray(value) || value.length > 0;
  const text = structured && hasElements ? writeJson(value) : readId(value);
  return text === null ? null : cutText(text, MAX_ERROR_LENGTH).toWellFormed();
}

/** A decimal number as providers write it in text, such as `39.000000`. */
const DECIMAL = /^\d{1,15}(?:\.\d{1,15})?$/;

/**
 * How much is done or to do: items, a percentage, bytes, with its fraction if it has one; null
 * for anything below 0, above 2^53 - 1, and anything else.
 */
export function readCount(value: Json): number | null {
  const isDecimal = typeof value === "string" && DECIMAL.test(value.trim());
  const number = isDecimal ? Number(value) : numberOf(value);
  const usable = number !== null && number >= 0 && number <= Number.MAX_SAFE_INTEGER;
  return usable ? number + 0 : null;
}

/** An http(s) address as it was sent; null for anything else, other schemes included. */
export const readUrl = (value: Json): string | null =>
  typeof value === "string" && value.length <= MAX_URL_LENGTH
    ? webAddress(value.trim(), null)
    : null;

/** `2016-08-12 15:26:29 UTC`, as Ruby prints instants. */
const SPACED_UTC = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) (?:UTC|Z)$/;

/**
 * An instant: ISO 8601 with up to nanoseconds, the spaced form in UTC, or unix seconds or
 * milliseconds as a number or as digits. One that lies ahead counts as now. Zero and what lies
 * before 1970 is how some languages write "none": null, like everything else.
 */
export function readInstant(value: Json, now: Millis): Millis | null {
  const number = numberOf(value);
  const at =
    number !== null
      ? parseUnix(number)
      : typeof value === "string"
        ? instantOf(value.trim())
        : null;
  return at === null || at <= 0 ? null : Math.min(at, now);
}

function instantOf(text: string): Millis | null {
  if (DECIMAL.test(text)) return parseUnix(Number(text));
  const spaced = SPACED_UTC.exec(text);
  return parseIso(spaced === null ? text : `${spaced[1]}T${spaced[2]}Z`);
}
