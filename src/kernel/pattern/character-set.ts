// The sets of characters that a pattern names: a character, a class as `[a-z]`, an escape as `\d`.

import { fault, ok, type Result } from "../result.ts";

/** Ranges of UTF-16 units, both ends included; `negated` is everything else. */
export interface CharacterSet {
  readonly ranges: readonly (readonly [number, number])[];
  readonly negated: boolean;
  /** True when a character counts in either case. */
  readonly ignoreCase?: boolean;
}

/** A set that was read, and the place in the pattern behind it. */
export interface ReadSet {
  readonly set: CharacterSet;
  readonly end: number;
}

/** True when the set holds a UTF-16 unit. */
export function holds({ ranges, negated, ignoreCase }: CharacterSet, unit: number): boolean {
  const isIn = isInRanges(ranges, unit) || (ignoreCase === true && isInOtherCase(ranges, unit));
  return isIn !== negated;
}

function isInRanges(ranges: CharacterSet["ranges"], unit: number): boolean {
  for (const [first, last] of ranges) if (unit >= first && unit <= last) return true;
  return false;
}

/** Looks at the other case of a character that has one of the same length. */
function isInOtherCase(ranges: CharacterSet["ranges"], unit: number): boolean {
  const character = String.fromCharCode(unit);
  return [character.toLowerCase(), character.toUpperCase()].some(
    (other) => other.length === 1 && isInRanges(ranges, other.charCodeAt(0)),
  );
}

const unitOf = (character: string): number => character.charCodeAt(0);
const only = (unit: number): CharacterSet => ({ ranges: [[unit, unit]], negated: false });

/** Everything but the ends of lines. */
export const DOT: CharacterSet = {
  ranges: [
    [0x0a, 0x0a],
    [0x0d, 0x0d],
    [0x2028, 0x2029],
  ],
  negated: true,
};

const ANYTHING: CharacterSet = { ranges: [], negated: true };

const DIGITS = [[0x30, 0x39]] as const;
const WORDS = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
] as const;
/** White space and line ends of ECMA-262. */
const SPACES = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
] as const;

/** The letters, digits and the underscore that `\b` tells from everything else. */
export const WORD_SET: CharacterSet = { ranges: WORDS, negated: false };

const NAMED: ReadonlyMap<string, CharacterSet> = new Map<string, CharacterSet>([
  ["d", { ranges: DIGITS, negated: false }],
  ["D", { ranges: DIGITS, negated: true }],
  ["w", WORD_SET],
  ["W", { ranges: WORDS, negated: true }],
  ["s", { ranges: SPACES, negated: false }],
  ["S", { ranges: SPACES, negated: true }],
  ["t", only(0x09)],
  ["n", only(0x0a)],
  ["r", only(0x0d)],
  ["f", only(0x0c)],
  ["v", only(0x0b)],
  ["0", only(0x00)],
]);

/** Reads the escape whose backslash stands at `at`. */
export function escapeOf(text: string, at: number): Result<ReadSet, string> {
  const character = text[at + 1];
  if (character === undefined) return fault("ends in a backslash");
  const named = NAMED.get(character);
  if (named !== undefined && !(character === "0" && /\d/.test(text[at + 2] ?? "")))
    return ok({ set: named, end: at + 2 });
  if (/[0-9k]/.test(character)) return fault("refers back to a group, which is not available");
  const [hex] = /^\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})/.exec(text.slice(at, at + 6)) ?? [];
  if (hex !== undefined)
    return ok({ set: only(Number.parseInt(hex.slice(2), 16)), end: at + hex.length });
  if (/[A-Za-z]/.test(character)) return fault(`has the unknown escape \\${character}`);
  return ok({ set: only(unitOf(character)), end: at + 2 });
}

/** Reads the dot, the class or the plain character at `at`. */
export function classOf(text: string, at: number, dotAll: boolean): Result<ReadSet, string> {
  const character = text.charAt(at);
  if (character === ".") return ok({ set: dotAll ? ANYTHING : DOT, end: at + 1 });
  return character === "["
    ? bracketOf(text, at)
    : ok({ set: only(unitOf(character)), end: at + 1 });
}

function bracketOf(text: string, open: number): Result<ReadSet, string> {
  const negated = text[open + 1] === "^";
  const ranges: (readonly [number, number])[] = [];
  let at = open + (negated ? 2 : 1);
  while (text[at] !== "]") {
    if (at >= text.length) return fault("has a class that is not closed");
    const first = memberOf(text, at);
    if (!first.ok) return first;
    at = first.value.end;
    if (text[at] !== "-" || text[at + 1] === "]" || text[at + 1] === undefined) {
      if (first.value.set.negated) return fault("has a negated escape in a class");
      ranges.push(...first.value.set.ranges);
      continue;
    }
    const last = memberOf(text, at + 1);
    if (!last.ok) return last;
    const range = rangeOf(first.value.set, last.value.set);
    if (range === null) return fault("has a range out of order");
    ranges.push(range);
    at = last.value.end;
  }
  return ok({ set: { ranges, negated }, end: at + 1 });
}

function memberOf(text: string, at: number): Result<ReadSet, string> {
  if (text[at] !== "\\") return ok({ set: only(text.charCodeAt(at)), end: at + 1 });
  // In a class `\b` is the backspace character.
  return text[at + 1] === "b" ? ok({ set: only(0x08), end: at + 2 }) : escapeOf(text, at);
}

function rangeOf(first: CharacterSet, last: CharacterSet): readonly [number, number] | null {
  const [from, to] = [first.ranges, last.ranges].map((ranges) =>
    ranges.length === 1 ? ranges[0] : undefined,
  );
  if (from === undefined || to === undefined || from[0] !== from[1] || to[0] !== to[1]) return null;
  return from[0] <= to[0] ? [from[0], to[0]] : null;
}
