// The bill: plays jobs on metered objects and prints what a million webhooks cost.
// `npm run bill -- [life …] [--out file] [--record]`; `--record` keeps the figures to compare with
// and writes them into README.md and docs/benchmarks.md.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { exitOnSignals, scriptArgs, wrongUse } from "../../../src/cli/script.ts";
import { ROOT } from "../../../src/cli/local/relay-process.ts";
import { readRecorded, record } from "../recorded/pages.ts";
import { billTable } from "./bill-table.ts";
import { bundleMetered } from "./metered-relay.ts";
import { billOf, PRICES } from "./prices.ts";
import { LIVES, play, type Played } from "./scenarios.ts";

const USAGE = `npm run bill -- [job…] [--out <file>] [--record]

  job       ${LIVES.map(({ name }) => `"${name}"`).join(", ")}; without one, all of them
  --out     where the figures go as JSON, by default dist/bill.json
  --record  writes the figures into the pages that name them
  --help    this text`;

const { values, positionals } = scriptArgs(USAGE, {
  allowPositionals: true,
  options: {
    out: { type: "string", default: join(ROOT, "dist", "bill.json") },
    record: { type: "boolean", default: false },
  },
});

const chosen = LIVES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (chosen.length < positionals.length || chosen.length === 0)
  wrongUse(`there is ${LIVES.map(({ name }) => `"${name}"`).join(", ")}`);
exitOnSignals();

const recorded = readRecorded().cost;
const bundle = bundleMetered();
const runs: Record<string, Played> = {};
for (const life of chosen) {
  console.error(`playing ${life.name} …`);
  runs[life.name] = await play(bundle, life);
}
bundle.remove();

const bills = Object.fromEntries(
  Object.entries(runs).map(([name, { usage, webhooks }]) => [name, billOf(usage, webhooks)]),
);
const result = { at: new Date().toISOString(), prices: PRICES, bills, runs };
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
if (values.record) record({ cost: { at: result.at, runs: { ...recorded.runs, ...runs } } });
console.log(billTable(runs, recorded.runs));
console.log(
  `\nPrices of ${PRICES.asOf}; in brackets what was recorded. Rows, alarms and requests are exact, ` +
    `duration is an estimate of this machine. Written to ${values.out}`,
);
// Servers that would not end must not keep the command.
process.exit(0);
