// Runs a compiled pattern over a text: all ways to match advance together, one character at a time,
// so that no pattern backtracks and the work is at most the pattern's size for each character.

import { DOT, holds, WORD_SET } from "./character-set.ts";
import type { Assertion, Instruction, Pattern } from "./program.ts";

/**
 * Characters at the end of a text that a pattern sees: 8 Ki UTF-16 units. A log grows at its end,
 * the last match counts, and the whole log comes again with every update, up to 1 MiB of it.
 */
export const MAX_MATCHED_TEXT = 8_192;

/** The place of a group that took no part. */
const UNSET = -1;

/** One way to match: where it stands in the program, and where its groups begin and end. */
interface Thread {
  readonly at: number;
  readonly slots: readonly number[];
}

/** Counts steps of work: about one for each way to match and character. May throw to end it. */
export type Spend = (steps: number) => void;

interface Search {
  readonly text: string;
  /** False when the text goes on behind its last character here. */
  readonly isWhole: boolean;
  readonly spend: Spend;
}

interface Run extends Search {
  readonly program: readonly Instruction[];
  /** For each instruction the place of the text at which it was last reached, plus 1. */
  readonly reached: Int32Array;
}

/**
 * The last match in the end of a text, found as JavaScript finds all matches from the left: the
 * whole match and then each group, null for a group that took no part. Throws what `spend` throws.
 */
export function lastMatch(
  pattern: Pattern,
  text: string,
  spend: Spend,
): readonly (string | null)[] | null {
  const seen = text.slice(-MAX_MATCHED_TEXT);
  let last: readonly number[] | null = null;
  for (let from = 0; from <= seen.length;) {
    const slots = matchFrom(pattern, { text: seen, isWhole: true, spend }, from);
    if (slots === null) break;
    last = slots;
    const [start = 0, end = 0] = slots;
    from = end === start ? end + 1 : end;
  }
  return last === null ? null : textsOf(last, seen, pattern.groups);
}

/**
 * Characters at the beginning of a text that `matches` looks at: 16 Ki UTF-16 units. The largest
 * pattern takes some 50 ms for so many.
 */
export const MAX_SEARCHED_TEXT = 16_384;

/** True when the pattern matches somewhere in the beginning of a text. */
export const matches = (pattern: Pattern, text: string): boolean =>
  matchFrom(
    pattern,
    {
      text: text.slice(0, MAX_SEARCHED_TEXT),
      isWhole: text.length <= MAX_SEARCHED_TEXT,
      spend: () => {},
    },
    0,
  ) !== null;

function textsOf(
  slots: readonly number[],
  text: string,
  groups: number,
): readonly (string | null)[] {
  return Array.from({ length: groups + 1 }, (_, group) => {
    const [start = UNSET, end = UNSET] = slots.slice(2 * group);
    return start === UNSET || end === UNSET ? null : text.slice(start, end);
  });
}

/** The leftmost match at or behind `from`, as the places where its groups begin and end. */
function matchFrom(pattern: Pattern, search: Search, from: number): readonly number[] | null {
  const { program } = pattern;
  const { text, spend } = search;
  const run: Run = { ...search, program, reached: new Int32Array(program.length) };
  const unset = Array.from({ length: 2 * (pattern.groups + 1) }, () => UNSET);
  let threads: Thread[] = [];
  let matched: readonly number[] | null = null;
  for (let place = from; place <= text.length; place += 1) {
    // A match that begins here loses to every thread that began before.
    if (matched === null) advance(run, { at: 0, slots: unset }, place, threads);
    if (threads.length === 0) {
      if (matched !== null) break;
      continue;
    }
    spend(threads.length);
    const next: Thread[] = [];
    for (const thread of threads) {
      const instruction = program[thread.at];
      if (instruction?.kind === "match") {
        // What comes behind in the list is a worse way to match.
        matched = thread.slots;
        break;
      }
      if (
        instruction?.kind === "set" &&
        place < text.length &&
        holds(instruction.set, text.charCodeAt(place))
      )
        advance(run, { at: thread.at + 1, slots: thread.slots }, place + 1, next);
    }
    threads = next;
  }
  return matched;
}

/** Follows a thread to the instructions that take a character, in the order of preference. */
function advance(run: Run, thread: Thread, place: number, into: Thread[]): void {
  const waiting: Thread[] = [thread];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { at, slots } = next;
    const instruction = run.program[at];
    if (instruction === undefined || run.reached[at] === place + 1) continue;
    run.reached[at] = place + 1;
    run.spend(1);
    switch (instruction.kind) {
      case "jump":
        waiting.push({ at: instruction.to, slots });
        break;
      case "split":
        waiting.push({ at: instruction.second, slots }, { at: instruction.first, slots });
        break;
      case "save":
        waiting.push({ at: at + 1, slots: slots.with(instruction.slot, place) });
        break;
      case "assert":
        if (isMet(instruction.what, run, place)) waiting.push({ at: at + 1, slots });
        break;
      case "set":
      case "match":
        into.push(next);
    }
  }
}

function isMet(what: Assertion, { text, isWhole }: Search, place: number): boolean {
  switch (what) {
    case "start":
      return place === 0;
    case "end":
      return isWhole && place === text.length;
    case "line-start":
      return place === 0 || isLineEnd(text, place - 1);
    case "line-end":
      return place === text.length ? isWhole : isLineEnd(text, place);
    case "border":
      return isBorder(text, place);
    case "no-border":
      return !isBorder(text, place);
  }
}

const isLineEnd = (text: string, place: number): boolean => !holds(DOT, text.charCodeAt(place));

const isWord = (text: string, place: number): boolean =>
  place >= 0 && place < text.length && holds(WORD_SET, text.charCodeAt(place));

const isBorder = (text: string, place: number): boolean =>
  isWord(text, place - 1) !== isWord(text, place);
