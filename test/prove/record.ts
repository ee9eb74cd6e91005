// Puts figures in the place of what was known before: docs/evidence.json and docs/evidence.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withFigures, type Evidence } from "./evidence.ts";

const DOCS = join(import.meta.dirname, "..", "..", "docs");

export function record(entries: Evidence): void {
  const [json, page] = [join(DOCS, "evidence.json"), join(DOCS, "evidence.md")];
  const known = JSON.parse(readFileSync(json, "utf8")) as Evidence;
  const all = { ...known, ...entries };
  writeFileSync(json, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(page, withFigures(readFileSync(page, "utf8"), all));
}
