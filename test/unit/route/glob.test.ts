// Globs: one wildcard, no surprises, no slow patterns.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { globMatches } from "../../../src/route/glob.ts";
import { runs } from "../runs.ts";

describe("a glob", () => {
  test.each([
    ["job.finished", "job.finished", true],
    ["job.finished", "job.finished2", false],
    ["job.finished", "Job.finished", false],
    ["job.finished", "jobxfinished", false],
    ["job.*", "job.finished", true],
    ["job.*", "job.convert.done", true],
    ["job.*", "job.", true],
    ["job.*", "job", false],
    ["*", "", true],
    ["*", "anything.at/all\n", true],
    ["**", "", true],
    ["", "", true],
    ["", "a", false],
    ["*.failed", "job.convert.failed", true],
    ["*.failed", "failed", false],
    ["job.*.failed", "job.convert.failed", true],
    ["job.*.failed", "job.failed", false],
    ["ab*ba", "aba", false],
    ["ab*ba", "abba", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["a*a", "a", false],
    ["*a*", "bab", true],
    ["*ab*ab*", "ab", false],
    ["*ab*b", "ab", false],
    ["*ab*b", "abb", true],
    ["a?c", "abc", false],
    ["a?c", "a?c", true],
    ["[ab]", "a", false],
    ["{a,b}", "a", false],
    ["a.c", "abc", false],
    ["\\*", "*", false],
    ["\\*", "\\x", true],
    ["$&^()|+", "$&^()|+", true],
    ["*é", "café", true],
  ])("%j on %j is %j", (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  /** The definition, as slow as it is plain. */
  const reference = (pattern: string, text: string): boolean => {
    if (pattern === "") return text === "";
    if (pattern.startsWith("*"))
      return (
        reference(pattern.slice(1), text) || (text !== "" && reference(pattern, text.slice(1)))
      );
    return text !== "" && pattern[0] === text[0] && reference(pattern.slice(1), text.slice(1));
  };

  test("agrees with its definition", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[ab*]{0,8}$/),
        fc.stringMatching(/^[ab]{0,12}$/),
        (pattern, text) => {
          expect(globMatches(pattern, text)).toBe(reference(pattern, text));
        },
      ),
      { numRuns: runs(3_000) },
    );
  });

  test("made from a text by cutting pieces out matches that text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }),
        fc.array(fc.boolean()),
        (pieces, cut) => {
          const pattern = pieces
            .map((piece, index) => (cut[index] === true ? "*" : piece))
            .join("");
          expect(globMatches(pattern, pieces.join(""))).toBe(true);
        },
      ),
    );
  });

  test.each([
    ["****a", "b".repeat(1_000_000), false],
    [`${"*a".repeat(100)}b`, "a".repeat(1_000_000), false],
    [`${"a*".repeat(128)}b`, "a".repeat(1_000_000), false],
    [`*${"a".repeat(100)}b*c`, "a".repeat(200_000), false],
    ["*".repeat(256), "a".repeat(1_000_000), true],
  ])("%j on a long text answers at once", { timeout: 1_000 }, (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });
});
