// Mistakes in expressions: what is wrong, and at which character.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExpression, MAX_EXPRESSION_LENGTH } from "../../../../src/ingest/map/expression.ts";
import { MAX_NODES } from "../../../../src/ingest/map/nodes.ts";
import { runs } from "../../runs.ts";

const mistake = (text: string): string => {
  const compiled = compileExpression(text);
  return compiled.ok ? "none" : compiled.fault;
};

describe("mistakes", () => {
  test.each([
    ["", "is empty"],
    ["  ", "is empty"],
    ["a.b[", "ends too early"],
    ["a == ", "ends too early"],
    ["join(',', [a", "ends too early"],
    ["a..b", 'unexpected ".", at character 3'],
    ["a.b]", 'unexpected "]", at character 4'],
    ["a b", 'unexpected "b", at character 3'],
    ["a b c", 'unexpected "b", at character 3'],
    ["a.'b'", "unexpected \"'b'\", at character 3"],
    ["[a,]", 'unexpected "]", at character 4'],
    ['"a"(b)', 'unexpected "(", at character 4'],
    ["a # b", "cannot be read, at character 3"],
    ["#", "cannot be read, at character 1"],
    ["a || `{x}`", "cannot be read, at character 6"],
    ["a == 'b", "a quote is not closed, at character 6"],
    ['"a', "a quote is not closed, at character 1"],
    ["a == `1", "a quote is not closed, at character 6"],
    ["a == 'b\\'", "a quote is not closed, at character 6"],
    ["foo(a)", "unknown function foo(), at character 1"],
    ["a || count()", "unknown function count(), at character 6"],
    ["pad_left(a, `9`)", "unknown function pad_left(), at character 1"],
    ["length()", "length() takes 1 argument, at character 1"],
    ["length(a, b)", "length() takes 1 argument, at character 1"],
    ["join(a)", "join() takes 2 arguments, at character 1"],
    ["merge()", "merge() takes 1 to 16 arguments, at character 1"],
    ["map(a, b)", "map() takes an &expression as its first argument, at character 1"],
    ["sort_by(a, b)", "sort_by() takes an &expression as its second argument, at character 1"],
    ["a && length(&a)", "& stands only where a function takes an expression, at character 13"],
    ["$headers.x", '"$headers" needs its double quotes, at character 1'],
    ["a || $query", '"$query" needs its double quotes, at character 6'],
    ["$x", "variable $x is not available, at character 1"],
    ["let $x = a in $x", "variables (let … in) are not available"],
    [
      "a".repeat(MAX_EXPRESSION_LENGTH + 1),
      `must have at most ${MAX_EXPRESSION_LENGTH} characters`,
    ],
    [`[${"a,".repeat(MAX_NODES)}a]`, `has more than ${MAX_NODES} parts`],
    [`[${"a,".repeat(MAX_NODES - 1)}a]`, `has more than ${MAX_NODES} parts`],
    [`[${"a,".repeat(MAX_NODES - 2)}a]`, "none"],
    [`${"!".repeat(48)}a`, "nests too deep"],
    [`${"!".repeat(47)}a`, "none"],
    // Its last part is too deep, and as many as may be.
    [`[${"a,".repeat(MAX_NODES - 49)}${"!".repeat(48)}a]`, "nests too deep"],
    ["'it\\'s'", "none"],
  ])("%j", (text, expected) => {
    expect(mistake(text)).toBe(expected);
  });

  test("an expression of the greatest length is read", () => {
    expect(mistake("a".repeat(MAX_EXPRESSION_LENGTH))).toBe("none");
  });

  test("no text makes the reader throw", () => {
    const pieces = fc.constantFrom(
      ...Array.from("ab.[]*?(){}|&!=<>'\"`\\$@:,-+/%0 "),
      "$headers",
      "`1`",
      "join(",
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 40 }).map((all) => all.join("")),
    );
    expect(fc.sample(texts, runs(5_000)).filter((text) => mistake(text) === "")).toEqual([]);
  });
});
