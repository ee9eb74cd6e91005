// Scans JSON text once before it is parsed: its depth, numbers to keep, and half surrogate pairs.

import { exactNumber, isInexact } from "./exact-number.ts";

/** What the scan finds. The text itself is judged by the parser. */
export interface ScannedJson {
  /** The deepest nesting; brackets inside strings do not count. */
  readonly depth: number;
  /**
   * The text to parse: numbers that JavaScript would change are in their inner form, and an escape
   * of half a surrogate pair is U+FFFD.
   */
  readonly text: string;
  /** True when a string has a `\u` escape. */
  readonly hasEscapes: boolean;
}

/** No other character up to this one is white space of JSON, and the parser refuses those. */
const BLANK = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const LOWER_E = 0x65;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** The bit that tells lower case from upper case in ASCII. */
const LOWER_CASE = 0x20;

/** Scans a text of well-formed Unicode, which need not be JSON. */
export function scanJson(text: string): ScannedJson {
  const edits = new Edits(text);
  const hasBackslash = text.includes("\\");
  let depth = 0;
  let deepest = 0;
  let hasEscapes = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (char === QUOTE) {
      const start = index + 1;
      const end = hasBackslash ? endOfString(text, start) : text.indexOf('"', start);
      index = end === -1 ? text.length : end;
      if (hasBackslash && replaceHalfPairs(edits, start, index)) hasEscapes = true;
    } else if (char === MINUS || isDigit(char)) {
      const end = endOfNumber(text, index + 1);
      const token = text.slice(index, end);
      if (isInexact(token) && isValueEnd(text, end))
        edits.replace(index, end, `"${exactNumber(token)}"`);
      index = end - 1;
    } else if (char === OPEN_OBJECT || char === OPEN_ARRAY) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) depth -= 1;
  }
  return { depth: deepest, text: edits.text(), hasEscapes };
}

const isDigit = (char: number): boolean => char >= ZERO && char <= NINE;

/** The index of the closing quote; -1 when there is none. */
function endOfString(text: string, from: number): number {
  for (let index = from; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (char === QUOTE) return index;
    if (char === BACKSLASH) index += 1;
  }
  return -1;
}

function endOfNumber(text: string, from: number): number {
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

/** A number is replaced only where a value may end: before a colon it would become a key. */
function isValueEnd(text: string, from: number): boolean {
  for (let index = from; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (char === COMMA || char === CLOSE_OBJECT || char === CLOSE_ARRAY) return true;
    if (char > BLANK) return false;
  }
  return true;
}

/**
 * An escape of a pair, of half a pair, or any other; the alternatives keep `\\u` apart from `\u`.
 */
const ESCAPE =
  /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\[^]/g;

/** Replaces half pairs in the string between two indices; true when it has a `\u` escape. */
function replaceHalfPairs(edits: Edits, from: number, to: number): boolean {
  const content = edits.original.slice(from, to);
  if (!content.includes("\\u")) return false;
  for (const match of content.matchAll(ESCAPE)) {
    const [, half] = match;
    if (half === undefined) continue;
    const at = from + match.index;
    edits.replace(at, at + half.length, "\\ufffd");
  }
  return true;
}

/** Replacements of pieces of a text, in their order. */
class Edits {
  readonly original: string;
  readonly #pieces: string[] = [];
  #from = 0;

  constructor(original: string) {
    this.original = original;
  }

  replace(from: number, to: number, text: string): void {
    this.#pieces.push(this.original.slice(this.#from, from), text);
    this.#from = to;
  }

  text(): string {
    if (this.#from === 0) return this.original;
    return this.#pieces.join("") + this.original.slice(this.#from);
  }
}
