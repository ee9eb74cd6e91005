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
  ['a = 1\nid = "crm\nb = 2', /: is a quote missing at the end of this line\?\n {2}id = …$/],
  [String.raw`url = "C:\hooks"`, /: write \\\\ for a backslash, or '…' in place of "…"\n/],
  [
    "workers_dev = true\nworkers_dev = false",
    /: it stands further up already; .+\n {2}workers_dev = …$/,
  ],
  ["id = crm", /: a text stands in quotes: key = "text"\n {2}id = …$/],
  ['a = ["x" "y"]', /^expected comma or end of structure\n {2}a = …$/],
])("%j", (text, told) => {
  expect(mistakeIn(text)).toMatch(told);
});

test.each(['ADMIN_TOKEN = "s3cret', "ADMIN_TOKEN = s3cret", 's3cret"', '"s3cret" = = 1'])(
  "a value is not shown, nor what is no key: %j",
  (text) => {
    expect(mistakeIn(text)).not.toContain("s3cret");
  },
);

test("the head of a table is shown", () => {
  expect(mistakeIn("[vars]\na = 1\n[vars]\n")).toMatch(/\n {2}\[vars\]$/);
});
