// `npm run prove -- [section…] [--minutes N] [--seed N] [--record]`: evidence that takes longer
// than CI. `--record` writes the figures into docs/evidence.json and docs/evidence.md.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../../src/cli/local/relay-process.ts";
import { figuresTable, type Entry } from "./evidence.ts";
import { record } from "./record.ts";
import { SECTIONS } from "./sections/sections.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string" },
    seed: { type: "string", default: "1" },
    record: { type: "boolean", default: false },
  },
});
const names = positionals.length === 0 ? Object.keys(SECTIONS) : positionals;
const unknown = names.filter((name) => !Object.hasOwn(SECTIONS, name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(", ")}; there is ${Object.keys(SECTIONS).join(", ")}`);
  process.exit(2);
}
// Relays go with this process: what ends it early has to let its `exit` handlers run.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const directory = join(ROOT, "dist", "prove");
mkdirSync(directory, { recursive: true });
const found: Record<string, Entry> = {};
let hasFailed = false;
for (const name of names) {
  const section = SECTIONS[name];
  if (section === undefined) continue;
  const minutes = Number(values.minutes ?? section.minutes ?? 0);
  console.error(`${name}${section.minutes === null ? "" : `, ${minutes} minutes`} …`);
  const file = join(directory, `${name}.jsonl`);
  const { figures, faults } = await section.run({ minutes, seed: Number(values.seed), file });
  for (const fault of faults) console.error(`  ${fault}`);
  const entry: Entry = {
    on: new Date().toISOString().slice(0, 10),
    minutes: section.minutes === null ? null : minutes,
    figures,
  };
  writeFileSync(
    join(directory, `${name}.json`),
    `${JSON.stringify({ ...entry, faults }, null, 2)}\n`,
  );
  if (faults.length === 0) found[name] = entry;
  else hasFailed = true;
}
console.log(figuresTable(found));
if (values.record) record(found);
process.exit(hasFailed ? 1 : 0);
