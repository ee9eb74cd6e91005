// Reads regular expressions of operators: a part of JavaScript's, compiled to a small program.
// Its time is at most the pattern's size times the text's, whatever both are (match.ts).

import { fault, ok, type Result } from "../result.ts";
import { classOf, escapeOf } from "./character-set.ts";
import type { Assertion, Instruction, Pattern } from "./program.ts";

/** Longest pattern in characters. */
export const MAX_PATTERN_LENGTH = 256;

/** Instructions of one pattern; a counted repetition, as in `{3}`, takes its part several times. */
export const MAX_PATTERN_PROGRAM = 256;

/** Groups inside groups. */
const MAX_GROUP_DEPTH = 16;

/** Largest number in `{n,m}`. */
const MAX_REPEAT = 64;

/** JavaScript's flags `i`, `m` and `s`. */
export interface PatternFlags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

const NO_FLAGS: PatternFlags = { ignoreCase: false, multiline: false, dotAll: false };

/** Thrown and caught in this file: the pattern is read by recursion. */
class PatternMistake extends Error {}

/** Reads a pattern; the fault is the end of a sentence about it. */
export function compilePattern(
  text: string,
  flags: PatternFlags = NO_FLAGS,
): Result<Pattern, string> {
  if (text === "") return fault("is empty");
  if (text.length > MAX_PATTERN_LENGTH)
    return fault(`must have at most ${MAX_PATTERN_LENGTH} characters`);
  const reader: Reader = { text, flags, at: 0, groups: 0, program: [] };
  try {
    emit(reader, { kind: "save", slot: 0 });
    readAlternatives(reader, 1);
    if (reader.at < text.length) throw mistake(reader, 'has a ")" too many');
    emit(reader, { kind: "save", slot: 1 });
    emit(reader, { kind: "match" });
    return ok({ program: reader.program, groups: reader.groups });
  } catch (error) {
    if (error instanceof PatternMistake) return fault(error.message);
    throw error;
  }
}

interface Reader {
  readonly text: string;
  readonly flags: PatternFlags;
  at: number;
  groups: number;
  readonly program: Instruction[];
}

const mistake = ({ at }: Reader, message: string): PatternMistake =>
  new PatternMistake(`${message}, at character ${at + 1}`);

function emit(reader: Reader, instruction: Instruction): number {
  if (reader.program.length >= MAX_PATTERN_PROGRAM)
    throw new PatternMistake(`is too large, it compiles to more than ${MAX_PATTERN_PROGRAM} steps`);
  return reader.program.push(instruction) - 1;
}

/** `a|b|c` */
function readAlternatives(reader: Reader, depth: number): void {
  const start = reader.program.length;
  readSequence(reader, depth);
  if (reader.text[reader.at] !== "|") return;
  reader.at += 1;
  const split = insertSplit(reader, start);
  const jump: Instruction = { kind: "jump", to: 0 };
  emit(reader, jump);
  split.close();
  readAlternatives(reader, depth);
  jump.to = reader.program.length;
}

function readSequence(reader: Reader, depth: number): void {
  while (
    reader.at < reader.text.length &&
    reader.text[reader.at] !== "|" &&
    reader.text[reader.at] !== ")"
  )
    readRepeated(reader, depth);
}

/** One part and the quantifier behind it. */
function readRepeated(reader: Reader, depth: number): void {
  const start = reader.program.length;
  const repeats = readPart(reader, depth);
  const quantifier = readQuantifier(reader);
  if (quantifier === null) return;
  if (!repeats) throw mistake(reader, "repeats what has no length");
  const part = reader.program.splice(start);
  repeat(reader, part, start, quantifier);
}

/** A copy of a part at another place of the program. */
const moved = (part: readonly Instruction[], by: number): readonly Instruction[] =>
  part.map((instruction) => {
    if (instruction.kind === "split")
      return { ...instruction, first: instruction.first + by, second: instruction.second + by };
    return instruction.kind === "jump" ? { ...instruction, to: instruction.to + by } : instruction;
  });

interface Quantifier {
  readonly least: number;
  /** `null`: without end. */
  readonly most: number | null;
  readonly lazy: boolean;
}

function repeat(
  reader: Reader,
  part: readonly Instruction[],
  from: number,
  { least, most, lazy }: Quantifier,
): void {
  const copy = (): void =>
    moved(part, reader.program.length - from).forEach((instruction) => emit(reader, instruction));
  for (let count = 0; count < least; count += 1) copy();
  if (most === null) {
    const split = emitSplit(reader, lazy);
    copy();
    emit(reader, { kind: "jump", to: split.at });
    split.close();
    return;
  }
  const open = Array.from({ length: most - least }, () => {
    const split = emitSplit(reader, lazy);
    copy();
    return split;
  });
  for (const split of open) split.close();
}

/** A split that goes on or leaves; `close` sets where it leaves to. */
function emitSplit(
  reader: Reader,
  lazy: boolean,
): { readonly at: number; readonly close: () => void } {
  const inside = reader.program.length + 1;
  const split: Instruction = { kind: "split", first: inside, second: inside };
  const at = emit(reader, split);
  const close = (): void => {
    if (lazy) split.first = reader.program.length;
    else split.second = reader.program.length;
  };
  return { at, close };
}

/** Puts a split before what was read since `start`. */
function insertSplit(reader: Reader, start: number): ReturnType<typeof emitSplit> {
  const read = reader.program.splice(start);
  const split = emitSplit(reader, false);
  for (const instruction of moved(read, 1)) emit(reader, instruction);
  return split;
}

/** Reads one part; false when it has no length and may not be repeated. */
function readPart(reader: Reader, depth: number): boolean {
  const character = reader.text.charAt(reader.at);
  const assertion =
    ASSERTIONS.get(character) ?? ASSERTIONS.get(reader.text.slice(reader.at, reader.at + 2));
  if (assertion !== undefined) {
    reader.at += character === "\\" ? 2 : 1;
    emit(reader, { kind: "assert", what: onLines(assertion, reader.flags) });
    return false;
  }
  if (character === "(") {
    readGroup(reader, depth);
    return true;
  }
  if ("*+?{".includes(character))
    throw mistake(reader, `has a "${character}" that repeats nothing`);
  const { text, at, flags } = reader;
  const read = character === "\\" ? escapeOf(text, at) : classOf(text, at, flags.dotAll);
  if (!read.ok) throw mistake(reader, read.fault);
  reader.at = read.value.end;
  const { set } = read.value;
  emit(reader, { kind: "set", set: flags.ignoreCase ? { ...set, ignoreCase: true } : set });
  return true;
}

const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map<string, Assertion>([
  ["^", "start"],
  ["$", "end"],
  ["\\b", "border"],
  ["\\B", "no-border"],
]);

function onLines(assertion: Assertion, { multiline }: PatternFlags): Assertion {
  if (!multiline) return assertion;
  return assertion === "start" ? "line-start" : assertion === "end" ? "line-end" : assertion;
}

function readGroup(reader: Reader, depth: number): void {
  if (depth > MAX_GROUP_DEPTH) throw mistake(reader, "nests groups too deep");
  const captures = reader.text[reader.at + 1] !== "?";
  if (!captures && reader.text[reader.at + 2] !== ":")
    throw mistake(reader, "uses lookaround or a named group, which are not available");
  reader.at += captures ? 1 : 3;
  const slot = captures ? 2 * (reader.groups += 1) : 0;
  if (captures) emit(reader, { kind: "save", slot });
  readAlternatives(reader, depth + 1);
  if (reader.text[reader.at] !== ")") throw mistake(reader, "has a group that is not closed");
  reader.at += 1;
  if (captures) emit(reader, { kind: "save", slot: slot + 1 });
}

function readQuantifier(reader: Reader): Quantifier | null {
  const rest = reader.text.slice(reader.at);
  const [whole, sign, least, comma, most] =
    /^(?:([*+?])|\{(\d{1,4})(?:(,)(\d{0,4}))?\})/.exec(rest) ?? [];
  if (whole === undefined) return null;
  reader.at += whole.length;
  const lazy = reader.text[reader.at] === "?";
  if (lazy) reader.at += 1;
  if (sign !== undefined)
    return { least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : null, lazy };
  const low = Number(least);
  const high = comma === undefined ? low : most === "" || most === undefined ? null : Number(most);
  if (Math.max(low, high ?? 0) > MAX_REPEAT)
    throw mistake(reader, `repeats more than ${MAX_REPEAT} times`);
  if (high !== null && high < low)
    throw mistake(reader, "has the numbers of a repetition out of order");
  return { least: low, most: high, lazy };
}
