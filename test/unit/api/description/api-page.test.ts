// The generated parts of docs/api.md.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { apiPage } from "../../../../src/api/description/markdown.ts";
import { OPERATIONS } from "../../../../src/api/description/operations.ts";

const PATH = join(import.meta.dirname, "../../../../docs/api.md");

test("docs/api.md is as the description says; `-u` writes it", async () => {
  const page = readFileSync(PATH, "utf8");
  await expect(apiPage(page)).toMatchFileSnapshot(PATH);
});

test("docs/api.md names every route", () => {
  const page = readFileSync(PATH, "utf8");
  expect(OPERATIONS.filter(({ method, path }) => !page.includes(`\`${method} ${path}\``))).toEqual(
    [],
  );
});
