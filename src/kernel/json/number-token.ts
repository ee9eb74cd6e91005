// Numbers in a JSON text, judged where they stand: a megabyte may hold 500,000.

const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;
const UPPER_E = 0x45;
/** The bit that tells lower case from upper case in ASCII. */
const LOWER_CASE = 0x20;

/** Decimals of at most so many digits survive a double (IEEE 754, 15.95 digits). */
const MAX_DIGITS = 15;

/** Zeros behind a dot that JavaScript writes out: `0.000001`, but `1e-7`. */
const MAX_LEADING_ZEROS = 5;

/** True for `0` to `9`. */
export const isDigit = (char: number): boolean => char >= ZERO && char <= NINE;

/** The index after the characters that a number may have, from an index on. */
export function endOfNumber(text: string, from: number): number {
  let index = from;
  for (; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    const belongs =
      isDigit(char) ||
      char === DOT ||
      char === PLUS ||
      char === MINUS ||
      (char | LOWER_CASE) === LOWER_E;
    if (!belongs) break;
  }
  return index;
}

/**
 * True for most numbers that JavaScript writes as they stand: at most 15 digits, no exponent, no
 * zero that says nothing. False asks for a closer look.
 */
export function isPlainNumber(text: string, from: number, to: number): boolean {
  const start = text.charCodeAt(from) === MINUS ? from + 1 : from;
  const dot = endOfDigits(text, start, to);
  if (dot === start || to - start > MAX_DIGITS) return false;
  const startsWithZero = text.charCodeAt(start) === ZERO;
  if (startsWithZero && dot > start + 1) return false;
  if (dot === to) return !startsWithZero || start === from;
  if (text.charCodeAt(dot) !== DOT || endOfDigits(text, dot + 1, to) !== to) return false;
  if (to === dot + 1 || text.charCodeAt(to - 1) === ZERO) return false;
  return !startsWithZero || leadingZeros(text, dot + 1) <= MAX_LEADING_ZEROS;
}

/**
 * True for numbers of JSON (RFC 8259, 6) that JavaScript never writes as they stand: with a zero at
 * the end of their decimals, an exponent without a sign, or `E`. False asks for a closer look.
 */
export function isSurelyRewritten(text: string, from: number, to: number): boolean {
  const start = text.charCodeAt(from) === MINUS ? from + 1 : from;
  let at = endOfDigits(text, start, to);
  if (at === start || (text.charCodeAt(start) === ZERO && at > start + 1)) return false;
  let isRewritten = false;
  if (at < to && text.charCodeAt(at) === DOT) {
    const decimals = at + 1;
    at = endOfDigits(text, decimals, to);
    if (at === decimals) return false;
    isRewritten = text.charCodeAt(at - 1) === ZERO;
  }
  if (at === to) return isRewritten;
  const letter = text.charCodeAt(at);
  if (letter !== UPPER_E && letter !== LOWER_E) return false;
  const sign = text.charCodeAt(at + 1);
  const exponent = sign === PLUS || sign === MINUS ? at + 2 : at + 1;
  if (exponent >= to || endOfDigits(text, exponent, to) !== to) return false;
  return isRewritten || letter === UPPER_E || exponent === at + 1;
}

function endOfDigits(text: string, from: number, to: number): number {
  let index = from;
  while (index < to && isDigit(text.charCodeAt(index))) index += 1;
  return index;
}

function leadingZeros(text: string, from: number): number {
  let index = from;
  while (text.charCodeAt(index) === ZERO) index += 1;
  return index - from;
}
