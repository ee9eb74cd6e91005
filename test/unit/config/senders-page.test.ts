// The examples of docs/senders.md are sound configurations.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { parseSettings } from "../../../src/config/parse.ts";
import { READY_RECIPES } from "../../../src/ingest/recipe/ready.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../../docs/senders.md"), "utf8");

const EXAMPLES = [...PAGE.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);

test("the page has examples", () => {
  expect(EXAMPLES.length).toBe(2);
});

test.each(EXAMPLES)("%s", (text) => {
  const { vars } = parse(text);
  const secrets = { RENDER_SECRET: "render", JOBS_TOKEN: "token" };
  expect(parseSettings({ ...secrets, ...(vars as object) })).toMatchObject({ ok: true });
});

test("every ready recipe is named", () => {
  expect(READY_RECIPES.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([]);
});
