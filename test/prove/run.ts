// `npm run prove -- [section…] [--minutes N] [--seed N] [--record]`: evidence that takes longer
// than CI. `--record` writes the figures into docs/evidence.json and docs/evidence.md.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exitOnSignals, scriptArgs, wrongUse } from "../../src/cli/script.ts";
import { ROOT } from "../../src/cli/local/relay-process.ts";
import { figuresTable, type Entry } from "./evidence.ts";
import { record } from "./record.ts";
import { SECTIONS } from "./sections/sections.ts";

const USAGE = `npm run prove -- [section…] [--minutes <number>] [--seed <number>] [--record]

  section    ${Object.keys(SECTIONS).join(", ")}; without one, all of them
  --minutes  how long each takes; without it, as long as the section says
  --seed     what is drawn is drawn from it, by default 1
  --record   writes the figures into docs/evidence.json and docs/evidence.md
  --help     this text`;

const { values, positionals } = scriptArgs(USAGE, {
  allowPositionals: true,
  options: {
    minutes: { type: "string" },
    seed: { type: "string", default: "1" },
    record: { type: "boolean", default: false },
  },
});
const names = positionals.length === 0 ? Object.keys(SECTIONS) : positionals;
const unknown = names.filter((name) => !Object.hasOwn(SECTIONS, name));
if (unknown.length > 0)
  wrongUse(`unknown: ${unknown.join(", ")}; there is ${Object.keys(SECTIONS).join(", ")}`);
exitOnSignals();

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
