// Patterns: the same matches as JavaScript's own, what they refuse, and what hostile ones cost.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExpressionFailure, MAX_STEPS, spend } from "../../../../src/ingest/map/budget.ts";
import {
  lastMatch,
  matches,
  MAX_MATCHED_TEXT,
  MAX_SEARCHED_TEXT,
} from "../../../../src/kernel/pattern/match.ts";
import {
  compilePattern,
  MAX_PATTERN_LENGTH,
  MAX_PATTERN_PROGRAM,
} from "../../../../src/kernel/pattern/pattern.ts";
import { runs } from "../../runs.ts";

const TQDM = "(\\d+)%\\s*\\|.+?\\|\\s*(\\d+)/(\\d+)";

function ours(pattern: string, text: string, budget = { left: 10_000_000 }): unknown {
  const compiled = compilePattern(pattern);
  if (!compiled.ok) throw new Error(compiled.fault);
  return lastMatch(compiled.value, text, (steps) => spend(budget, steps));
}

function javascripts(pattern: string, text: string): unknown {
  const last = [...text.matchAll(new RegExp(pattern, "g"))].at(-1);
  return last === undefined ? null : Array.from(last, (group) => group ?? null);
}

describe("matches", () => {
  test.each([
    [TQDM, " 50%|##   | 5/10 [00:01]\r 76%|###  | 7568/10000 [00:33<00:10]"],
    [TQDM, "no bar"],
    ["", ""],
    ["a|ab|abc", "xabcabc"],
    ["(a+?)(a*)", "aaa"],
    ["(a)|(b)", "ab"],
    ["^a|b$", "ab"],
    ["\\bfoo\\b", "foo food foo_ foo"],
    ["\\Boo", "foo oo"],
    ["a{2,3}", "aaaaaaaa"],
    ["a{2}b{0,}", "aabbb"],
    ["a{2,3}?", "aaaaa"],
    ["[^a-c\\d]+", "abc1xyz2"],
    ["[\\]\\-\\\\]+", "a]-\\b"],
    ["[-a]+", "b-a-"],
    ["[\\b]", "\b"],
    ["\\x41\\u0042", "AB"],
    ["\\t\\n\\r\\f\\v\\0", "\t\n\r\f\v\0"],
    ["(?:ab)+c", "ababc"],
    ["x*", "axxb"],
    ["step (\\d+) of (\\d+)", "step 1 of 9\nstep 2 of 9\n"],
    ["[A-Za-z_]\\w*=\\S+", "a=1 b_2=x"],
    ["}", "{}"],
    [".+", "a\nb\u2028c"],
  ])("%s in %j", (pattern, text) => {
    const expected = pattern === "" ? null : javascripts(pattern, text);
    expect(pattern === "" ? null : ours(pattern, text)).toEqual(expected);
  });

  test("any pattern in any text, as JavaScript matches it", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      "c",
      ".",
      "[ab]",
      "[^a]",
      "\\w",
      "\\b",
      "(a)",
      "(a|b)",
      "(?:ab|a)",
    );
    const quantifier = fc.constantFrom(
      "",
      "",
      "",
      "*",
      "+",
      "?",
      "*?",
      "+?",
      "??",
      "{2}",
      "{1,2}",
      "{0,2}?",
    );
    const part = fc.tuple(atom, quantifier).map(([of, times]) => (of === "\\b" ? of : of + times));
    const sequence = fc.array(part, { minLength: 1, maxLength: 5 }).map((all) => all.join(""));
    const pattern = fc.array(sequence, { minLength: 1, maxLength: 3 }).map((all) => all.join("|"));
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", " "), maxLength: 12 });
    fc.assert(
      fc.property(pattern, text, (of, on) => {
        expect(ours(of, on)).toEqual(javascripts(of, on));
      }),
      { numRuns: runs(3_000) },
    );
  });

  test(`only the last ${MAX_MATCHED_TEXT} characters are seen`, () => {
    const seen = "x".repeat(MAX_MATCHED_TEXT - 1);
    expect([ours("\\d", `7${seen}`), ours("\\d", `7x${seen}`)]).toEqual([["7"], null]);
  });
});

describe("what is refused", () => {
  test.each([
    ["", "is empty"],
    ["(a", "has a group that is not closed, at character 3"],
    ["a)", 'has a ")" too many, at character 2'],
    ["*a", 'has a "*" that repeats nothing, at character 1'],
    ["a**", 'has a "*" that repeats nothing, at character 3'],
    ["a|+", 'has a "+" that repeats nothing, at character 3'],
    ["a{2", 'has a "{" that repeats nothing, at character 2'],
    ["a{65}", "repeats more than 64 times, at character 6"],
    ["a{3,2}", "has the numbers of a repetition out of order, at character 7"],
    ["^*", "repeats what has no length, at character 3"],
    ["(?=a)", "uses lookaround or a named group, which are not available, at character 1"],
    ["(?<!a)b", "uses lookaround or a named group, which are not available, at character 1"],
    ["(?<n>a)", "uses lookaround or a named group, which are not available, at character 1"],
    ["(a)\\1", "refers back to a group, which is not available, at character 4"],
    ["\\k<n>", "refers back to a group, which is not available, at character 1"],
    ["\\p{L}", "has the unknown escape \\p, at character 1"],
    ["[a", "has a class that is not closed, at character 1"],
    ["[z-a]", "has a range out of order, at character 1"],
    ["[\\d-z]", "has a range out of order, at character 1"],
    ["[a-\\w]", "has a range out of order, at character 1"],
    ["[a-\\q]", "has the unknown escape \\q, at character 1"],
    ["[\\D]", "has a negated escape in a class, at character 1"],
    ["a\\", "ends in a backslash, at character 2"],
    ["(a{64}){64}", `is too large, it compiles to more than ${MAX_PATTERN_PROGRAM} steps`],
    [`${"(".repeat(20)}a${")".repeat(20)}`, "nests groups too deep, at character 17"],
    ["a".repeat(MAX_PATTERN_LENGTH + 1), `must have at most ${MAX_PATTERN_LENGTH} characters`],
  ])("%s", (pattern, expected) => {
    const compiled = compilePattern(pattern);
    expect(compiled.ok ? "nothing" : compiled.fault).toBe(expected);
  });

  test("no text makes the reader throw", () => {
    const pieces = fc.constantFrom(...Array.from("ab.*+?{}()[]|^$\\-,0123:=!<> "));
    const texts = fc.array(pieces, { maxLength: 30 }).map((all) => all.join(""));
    const results = fc.sample(texts, 5_000).map((text) => compilePattern(text).ok);
    expect(new Set(results)).toEqual(new Set([true, false]));
  });
});

/** Finds each match only after it has searched the rest of the text for a better one. */
const RESTARTING = "a.*b|a";

/** Patterns and texts on which a backtracking matcher runs for seconds, hours or longer. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ["(a+)+b", "a"],
  ["(a|a)*b", "a"],
  ["(a|aa|a*)*b", "a"],
  ["a*a*a*a*a*a*b", "a"],
  ["(.*)(.*)(.*)(.*)=", "a"],
  ["(?:a{0,16}){0,4}b", "a"],
  ["\\s+$", " "],
  [TQDM, "1%|"],
  [TQDM, "1"],
  ["(\\d+)\\s*(?:of|/)\\s*(\\d+).+?done", "1/2 "],
  [RESTARTING, "a"],
];

/** The steps that a pattern takes on a text; it fails when it has taken all that there are. */
function stepsOf(pattern: string, text: string, steps: number): number {
  const budget = { left: steps };
  try {
    ours(pattern, text, budget);
  } catch (error) {
    if (!(error instanceof ExpressionFailure)) throw error;
  }
  return steps - budget.left;
}

describe("hostile patterns", () => {
  test.each(HOSTILE)("%s takes steps in proportion to the text", (pattern, piece) => {
    const steps = (length: number): number =>
      stepsOf(pattern, piece.repeat(Math.ceil(length / piece.length)), 100_000_000);
    // Twice the text, twice the steps; four times where every match makes the search begin anew.
    expect(steps(800) / steps(400)).toBeLessThan(pattern === RESTARTING ? 4.2 : 2.2);
  });

  test.each(HOSTILE)("%s on 1 MiB of text stays within the budget", (pattern, piece) => {
    const text = piece.repeat(Math.ceil(1_048_576 / piece.length));
    expect(stepsOf(pattern, text, MAX_STEPS)).toBeLessThan(MAX_STEPS + MAX_PATTERN_PROGRAM);
  });

  test("a log of 1 MiB gives its last progress bar within the budget", () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, at) => ` ${at % 100}%|###   | ${at}/20000 [00:33<00:10, 3.2it/s]`,
    );
    expect(ours(TQDM, lines.join("\r"), { left: MAX_STEPS })).toEqual([
      "99%|###   | 19999/20000",
      "99",
      "19999",
      "20000",
    ]);
  });
});

describe("with flags", () => {
  test.each([
    ["you", "i", "YouTube"],
    ["YOU", "i", "youtube"],
    ["[a-f]+x", "i", "ABX"],
    ["^[^a]$", "i", "A"],
    ["^é$", "i", "É"],
    ["^ß$", "i", "SS"],
    ["^b$", "", "a\nb\nc"],
    ["^b$", "m", "a\nb\nc"],
    ["^c", "m", "a\r\nc"],
    ["c$", "m", "a\nc"],
    ["\\bc\\B.$", "m", "a\ncd\ne"],
    ["a.b", "", "a\nb"],
    ["a.b", "s", "a\nb"],
    ["^A.B$", "ims", "x\na\nb\ny"],
  ])("%s with %j in %j, as JavaScript matches it", (pattern, flags, text) => {
    const compiled = compilePattern(pattern, {
      ignoreCase: flags.includes("i"),
      multiline: flags.includes("m"),
      dotAll: flags.includes("s"),
    });
    expect(compiled.ok && matches(compiled.value, text)).toBe(
      new RegExp(pattern, flags).test(text),
    );
  });
});

test("the place where a search stops is no end of the text", () => {
  const compiled = compilePattern("^a+$");
  const texts = [MAX_SEARCHED_TEXT, MAX_SEARCHED_TEXT + 1].map((length) => "a".repeat(length));
  expect(texts.map((text) => compiled.ok && matches(compiled.value, text))).toEqual([true, false]);
});

test("a search looks at the beginning of a text only", () => {
  const compiled = compilePattern("x");
  const blank = " ".repeat(MAX_SEARCHED_TEXT - 1);
  expect(
    [`${blank}x`, `${blank} x`].map((text) => compiled.ok && matches(compiled.value, text)),
  ).toEqual([true, false]);
});
