// Numbers that JavaScript would write otherwise than they came: `1.0`, `-0`, `1e400`, long digits.

import { withoutEnd } from "./text.ts";

/**
 * Inside the relay such a number is a string: half a surrogate pair, then the number as it came.
 * No text of a sender holds half a pair (`scanJson`), so none is taken for a number. It survives
 * structured clone, RPC and rows of JSON text, and `writeJson` writes the number again.
 */
const MARK = "\ud800";

/** The mark as `JSON.stringify` writes it. */
const ESCAPED_MARK = "\\ud800";

/** A number of JSON (RFC 8259, 6). */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Integers with fewer characters, the sign included, are never changed; `-0` is. */
const SHORT_INTEGER = 16;
const PLAIN_INTEGER = /^-?[1-9]\d*$|^0$/;

/** True for a number's text that is a JSON number and that JavaScript writes differently. */
export function isInexact(token: string): boolean {
  if (token.length < SHORT_INTEGER && PLAIN_INTEGER.test(token)) return false;
  return String(Number(token)) !== token && NUMBER.test(token);
}

/** The inner form of a number, for a text that `isInexact`. */
export const exactNumber = (token: string): string => MARK + token;

/** A sign or a digit behind the mark: behind any other unit the mark may begin a whole pair. */
const EXACT_NUMBER = /^\ud800[-\d]/;

/** True for a number in its inner form. */
export const isExactNumber = (value: unknown): value is string =>
  typeof value === "string" && value.startsWith(MARK) && EXACT_NUMBER.test(value);

/** True for text; a number that keeps its digits is a string inside, and no text. */
export const isText = (value: unknown): value is string =>
  typeof value === "string" && !isExactNumber(value);

/** The number as it came: digits of a number in its inner form, or what JavaScript writes. */
export const numberText = (value: number | string): string =>
  typeof value === "number" ? String(value) : value.slice(MARK.length);

/** The nearest JavaScript number of a value in either form; `null` when it is no number. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  return isExactNumber(value) ? Number(numberText(value)) : null;
}

/** A number as it was sent: the first of the values that is this number, else the number itself. */
export function asSent<T extends number | null | undefined>(
  number: T,
  ...sent: readonly unknown[]
): T | string {
  return typeof number === "number"
    ? (sent.filter(isExactNumber).find((value) => numberOf(value) === number) ?? number)
    : number;
}

/** A document with JavaScript's numbers only, to be compared; itself when it has no others. */
export function withPlainNumbers(value: unknown): unknown {
  if (isExactNumber(value)) return Number(numberText(value));
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const elements = value.map(withPlainNumbers);
    return elements.some((element, index) => element !== value[index]) ? elements : value;
  }
  const members = Object.entries(value).map(
    ([name, member]: [string, unknown]) => [name, member, withPlainNumbers(member)] as const,
  );
  return members.some(([, before, after]) => before !== after)
    ? Object.fromEntries(members.map(([name, , after]) => [name, after]))
    : value;
}

/** Writes the numbers of a JSON text that `JSON.stringify` made of inner forms. */
export const withExactNumbers = (text: string): string =>
  text.includes(ESCAPED_MARK) ? text.replaceAll(/"\\ud800([-+.\deE]+)"/g, "$1") : text;

/** One text for all numbers of equal value, as JavaScript writes it where it can. */
export function canonicalNumber(token: string): string {
  const plain = String(Number(token) + 0);
  const decimal = decimalOf(token);
  return NUMBER.test(plain) && decimalOf(plain) === decimal ? plain : decimal;
}

/** Digits and a power of ten without zeros at either end. */
function decimalOf(token: string): string {
  const [mantissa = "", exponent = "0"] = token.replace(/^-/, "").split(/[eE]/);
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = withoutEnd(digits, (char) => char === "0");
  if (significant === "") return "0";
  const shift = digits.length - significant.length - fraction.length;
  return `${token.startsWith("-") ? "-" : ""}${significant}e${powerOf(exponent, shift)}`;
}

/** Digits of an exponent that are added up: more take time that grows with their square. */
const MAX_EXPONENT_DIGITS = 1_000;

/** An exponent that is moved. One of too many digits is written as it came, beside its move. */
function powerOf(exponent: string, shift: number): string {
  const size = exponent.replace(/^[+-]?0*/, "");
  const sign = exponent.startsWith("-") ? "-" : "";
  if (size.length > MAX_EXPONENT_DIGITS) return `${sign}${size}${shift < 0 ? "" : "+"}${shift}`;
  return String(BigInt(`${sign}${size === "" ? "0" : size}`) + BigInt(shift));
}
