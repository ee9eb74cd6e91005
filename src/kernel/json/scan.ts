// Scans JSON text once before it is parsed: its depth, numbers to keep, and half surrogate pairs.

import { exactNumber, isInexact } from "./exact-number.ts";
import { endOfNumber, isDigit, isPlainNumber, isSurelyRewritten } from "./number-token.ts";

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
const COMMA = 0x2c;
const MINUS = 0x2d;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const LOWER_A = 0x61;
const LOWER_F = 0x66;
const LOWER_U = 0x75;
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
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (char === QUOTE) {
      const end = hasBackslash ? scanString(edits, index + 1) : text.indexOf('"', index + 1);
      index = end === -1 ? text.length : end;
    } else if (char === MINUS || isDigit(char)) {
      const end = endOfNumber(text, index + 1);
      if (!isPlainNumber(text, index, end)) keepNumber(edits, index, end);
      index = end - 1;
    } else if (char === OPEN_OBJECT || char === OPEN_ARRAY) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) depth -= 1;
  }
  return { depth: deepest, text: edits.text(), hasEscapes: edits.hasEscapes };
}

/** Puts a number that JavaScript would change in its inner form, where it is a value. */
function keepNumber(edits: Edits, from: number, to: number): void {
  const { original } = edits;
  const isKept = isSurelyRewritten(original, from, to) || isInexact(original.slice(from, to));
  if (!isKept || !isValueEnd(original, to)) return;
  edits.keepNumber(from, to);
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
 * Replaces escapes of half surrogate pairs in the string that begins at an index. The index of its
 * closing quote; -1 when there is none.
 */
function scanString(edits: Edits, from: number): number {
  const text = edits.original;
  for (let index = from; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (char === QUOTE) return index;
    if (char !== BACKSLASH) continue;
    index += 1;
    if (text.charCodeAt(index) !== LOWER_U) continue;
    edits.hasEscapes = true;
    const first = escapedSurrogate(text, index - 1);
    if (first === null) continue;
    const isPair = first === "high" && escapedSurrogate(text, index + 5) === "low";
    if (!isPair) edits.replace(index - 1, index + 5, "\\ufffd");
    index += isPair ? 10 : 4;
  }
  return -1;
}

/** Which half of a pair is escaped at an index, as in `\ud83d`; `null` for anything else. */
function escapedSurrogate(text: string, at: number): "high" | "low" | null {
  if (text.charCodeAt(at) !== BACKSLASH || text.charCodeAt(at + 1) !== LOWER_U) return null;
  if (hexDigit(text, at + 2) !== 0xd) return null;
  const second = hexDigit(text, at + 3);
  if (second < 0x8 || hexDigit(text, at + 4) < 0 || hexDigit(text, at + 5) < 0) return null;
  return second < 0xc ? "high" : "low";
}

/** The value of a hexadecimal digit; -1 for another character, and behind the end. */
function hexDigit(text: string, at: number): number {
  const char = text.charCodeAt(at);
  if (isDigit(char)) return char & 0xf;
  const letter = char | LOWER_CASE;
  return letter >= LOWER_A && letter <= LOWER_F ? letter - LOWER_A + 10 : -1;
}

/** What a number in its inner form begins with. */
const MARK_UNIT = exactNumber("").charCodeAt(0);

const NO_UNITS = new Uint16Array(0);
const LEAST_UNITS = 64;

/** UTF-16 units that become text at once: more arguments than this are not for every engine. */
const MAX_UNITS = 8_192;

/**
 * Replacements of pieces of a text, in their order. The new text is written unit by unit: a
 * megabyte may need 250,000 replacements, and as many pieces take four times as long to join.
 */
class Edits {
  readonly original: string;
  /** True when a string had a `\u` escape. */
  hasEscapes = false;
  /** The new text up to `#from` of the original; empty before the first replacement. */
  #units = NO_UNITS;
  #size = 0;
  #from = 0;

  constructor(original: string) {
    this.original = original;
  }

  replace(from: number, to: number, text: string): void {
    this.#ensureRoom(from - this.#from + text.length);
    this.#append(this.original, this.#from, from);
    this.#append(text, 0, text.length);
    this.#from = to;
  }

  /** Makes the text of a number a string of JSON with the number in its inner form. */
  keepNumber(from: number, to: number): void {
    this.#ensureRoom(to - this.#from + 3);
    this.#append(this.original, this.#from, from);
    this.#units[this.#size] = QUOTE;
    this.#units[this.#size + 1] = MARK_UNIT;
    this.#size += 2;
    this.#append(this.original, from, to);
    this.#units[this.#size] = QUOTE;
    this.#size += 1;
    this.#from = to;
  }

  text(): string {
    if (this.#size === 0) return this.original;
    let text = "";
    for (let at = 0; at < this.#size; at += MAX_UNITS)
      text += textOf(this.#units.subarray(at, Math.min(at + MAX_UNITS, this.#size)));
    return text + this.original.slice(this.#from);
  }

  #append(text: string, from: number, to: number): void {
    const units = this.#units;
    let size = this.#size;
    for (let index = from; index < to; index += 1) {
      units[size] = text.charCodeAt(index);
      size += 1;
    }
    this.#size = size;
  }

  #ensureRoom(more: number): void {
    const before = this.#units;
    const needed = this.#size + more;
    if (needed <= before.length) return;
    this.#units = new Uint16Array(Math.max(needed, before.length * 2, LEAST_UNITS));
    this.#units.set(before.subarray(0, this.#size));
  }
}

const textOf = (units: Uint16Array): string =>
  Reflect.apply(String.fromCharCode, null, units) as string;
