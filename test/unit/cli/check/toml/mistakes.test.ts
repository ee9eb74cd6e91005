// A mistake in TOML is told with the line, and with what is usually meant.

import { parse, TomlError } from "smol-toml";
import { expect, test } from "vitest";
import { tomlMistake } from "../../../../../src/cli/check/toml/mistakes.ts";

function mistakeIn(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof TomlError) return tomlMistake(error.message, text, error.line);
  }
  return "none";
}

test.each([
  ['a = 1\nid = "crm\nb = 2', /: is a quote missing at the end of this line\?\n {2}id = "crm$/],
  [String.raw`url = "C:\hooks"`, /: write \\\\ for a backslash, or '…' in place of "…"\n/],
  [
    "workers_dev = true\nworkers_dev = false",
    /: it stands further up already; .+\n {2}workers_dev = false$/,
  ],
  ["id = crm", /: a text stands in quotes: key = "text"\n {2}id = crm$/],
  ['a = ["x" "y"]', /^expected comma or end of structure\n {2}a = \["x" "y"\]$/],
])("%j", (text, told) => {
  expect(mistakeIn(text)).toMatch(told);
});

test("a long line is not shown", () => {
  expect(mistakeIn(`a = "${"x".repeat(200)}`)).not.toContain("xxx");
});
