// The guarantees of the README are those that docs/evidence.md has evidence for, and its figures
// are those of the last runs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withFigures, type Evidence } from "../../prove/evidence.ts";
import { SECTIONS } from "../../prove/sections/sections.ts";
import { CORES } from "../../mutants/cores.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");

/** The first column of the table whose head begins with `guarantee`. */
function guarantees(text: string): readonly string[] {
  const table = text.split(/^\| guarantee \|.*\n\|[-|]+\|\n/m)[1]?.split("\n\n")[0] ?? "";
  return table
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => (line.split("|")[1] ?? "").trim());
}

test("every guarantee of the README has its evidence, in the same words", () => {
  const promised = guarantees(read("README.md"));
  expect(promised.length).toBeGreaterThanOrEqual(6);
  const shown = guarantees(read(join("docs", "evidence.md")));
  expect(promised.filter((one) => !shown.includes(one))).toEqual([]);
});

test("the figures of the page are those of the last runs, of sections that there are", () => {
  const page = read(join("docs", "evidence.md"));
  const evidence = JSON.parse(read(join("docs", "evidence.json"))) as Evidence;
  expect(withFigures(page, evidence)).toBe(page);
  const cores = Object.keys(CORES).map((name) => `mutants ${name}`);
  const known = new Set([...Object.keys(SECTIONS), ...cores, "coverage"]);
  expect(Object.keys(evidence).filter((name) => !known.has(name))).toEqual([]);
});
