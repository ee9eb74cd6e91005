// `check` names lines: where each value stands in the text of a TOML file.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { tomlLines } from "../../../../../src/cli/check/toml/lines.ts";
import { ROOT } from "../../../../../src/cli/local/relay-process.ts";
import { step } from "../../../../../src/kernel/json/path.ts";

const TEXT = `# a comment with [brackets] = and "quotes
name = "x" # another
[vars]
LOG_LEVEL = 'in#fo'
TEXT = """
two [lines]
SOURCES = 1
"""
[[vars.SOURCES]]
id = "one"
secrets = [
  "A", # first
  "B",
]
verify = { header = "x-s", layout = "sha256={sig}" }
[[vars.SOURCES]]
id = "two"
account."a b" = 1979-05-27 07:32:00
[vars.SOURCES.map]
event = { path = "e", values = { "job.*" = "job.created" } }
[env.staging.vars]
RULES = [
  { id = "r", match = { event = [
    "job.failed" ] }, to = ["crm"] },
  { id = "s" } ]
`;

describe("the lines of a TOML file", () => {
  test.each([
    ["name", 2],
    ["vars.LOG_LEVEL", 4],
    ["vars.TEXT", 5],
    ["vars.SOURCES[0]", 9],
    ["vars.SOURCES[0].secrets[1]", 13],
    ["vars.SOURCES[0].verify.layout", 15],
    ["vars.SOURCES[1].id", 17],
    ['vars.SOURCES[1].account["a b"]', 18],
    ['vars.SOURCES[1].map.event.values["job.*"]', 20],
    ["env.staging.vars.RULES[0].match.event[0]", 24],
    ["env.staging.vars.RULES[1].id", 25],
  ])("name %s in line %d", (path, line) => {
    expect(tomlLines(TEXT).get(path)).toBe(line);
  });

  test("name every value of the repository's own configuration", () => {
    const text = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
    const lines = tomlLines(text);
    const paths = (value: unknown, path: string): readonly string[] => {
      if (typeof value !== "object" || value === null) return [path];
      const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
      return [
        path,
        ...keys.flatMap((key) =>
          paths(
            (value as Record<PropertyKey, unknown>)[key],
            path === "" ? String(key) : step(path, key),
          ),
        ),
      ];
    };
    const missing = paths(parse(text), "").filter((path) => path !== "" && !lines.has(path));
    expect(missing).toEqual([]);
  });

  test.each(["", "[[", "a = ", 'a = "', "a = [1, {b", "]]] = = =", "[a]\r\nb = 1\r\n"])(
    "end on a text that is no TOML: %j",
    (text) => {
      expect(tomlLines(text)).toBeInstanceOf(Map);
    },
  );
});
