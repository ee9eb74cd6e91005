// Names that stand where nothing reads them are named with the place where they belong.

import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { strayKeys } from "../../../../../src/cli/check/toml/stray-keys.ts";

const found = (toml: string, vars = "vars"): readonly string[] =>
  strayKeys(parse(toml), vars).map(({ path, message }) => `${path}: ${message}`);

describe("keys of wrangler.toml that stand in the wrong place", () => {
  test.each([
    [
      '[[SUBSCRIBERS]]\nid = "crm"',
      "SUBSCRIBERS: SUBSCRIBERS stands outside of the vars, where nothing reads it: write [[vars.SUBSCRIBERS]]",
    ],
    [
      '[[migrations]]\ntag = "v1"\nRULES_EU = []',
      "migrations[0].RULES_EU: RULES_EU stands in migrations[0], where nothing reads it: write [[vars.RULES_EU]]",
    ],
    [
      '[triggers]\nALLOWED_ORIGINS = ["https://app.example.com"]',
      "triggers.ALLOWED_ORIGINS: ALLOWED_ORIGINS stands in triggers, where nothing reads it: write [vars] above it",
    ],
    [
      "[[migrations]]\nworkers_dev = false",
      "migrations[0].workers_dev: workers_dev stands in migrations[0], where nothing reads it: move it above the first [table] of the file",
    ],
  ])("%j", (toml, text) => {
    expect(found(toml)).toEqual([text]);
  });

  test("an environment is looked at with its own vars", () => {
    expect(found('[triggers]\nroutes = ["x"]\n[[RULES]]\nid = "r"', "env.staging.vars")).toEqual([
      "triggers.routes: routes stands in triggers, where nothing reads it: move it under [env.staging]",
      "RULES: RULES stands outside of the vars, where nothing reads it: write [[env.staging.vars.RULES]]",
    ]);
  });

  test("what is in its place is not named", () => {
    const toml = `routes = ["x"]\nworkers_dev = false\n[vars]\nLOG_LEVEL = "info"
[[vars.RULES]]\nid = "r"\n[env.staging]\nworkers_dev = true\n[[env.staging.vars.SOURCES]]\nid = "s"
[[queues.producers]]\nbinding = "RULES"`;
    expect(found(toml)).toEqual([]);
  });
});
