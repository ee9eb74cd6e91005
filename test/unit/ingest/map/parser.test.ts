// The parser that a Worker is built with is the package's own.

import { join } from "node:path";
import * as library from "@jmespath-community/jmespath";
import { describe, expect, test } from "vitest";
import { PRESETS } from "../../../../src/ingest/presets/registry.ts";

const built = (await import(
  join(import.meta.dirname, "../../../../dist/jmespath.js")
)) as typeof library;

/** Every text in a value, at any depth. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

const EXPRESSIONS = [
  ...new Set(PRESETS.flatMap(({ map }) => textsOf(map))),
  "a[?b > `1` && !c].{d: e, f: join(', ', g[*].h)} | [0]",
  "let $a = b in c[?d == $a]",
  "a.b[",
  "sum(",
  "'open",
  "`{`",
  "",
];

/** What a parser makes of a text: a tree, tokens, or what it throws. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return String(error);
  }
}

describe("the built parser", () => {
  test("has what the relay imports, and no more", () => {
    expect(Object.keys(built)).toEqual(["compile", "tokenize"]);
  });

  test.each(EXPRESSIONS)("reads %j as the package does", (text) => {
    expect(outcome(() => built.compile(text))).toEqual(outcome(() => library.compile(text)));
    expect(outcome(() => built.tokenize(text))).toEqual(outcome(() => library.tokenize(text)));
  });
});
