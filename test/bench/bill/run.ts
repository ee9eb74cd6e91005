// The bill: plays jobs on metered objects and prints what a million webhooks cost.
// `npm run bill -- [life …] [--out file] [--record]`; `--record` keeps the figures to compare with
// and writes them into README.md and docs/benchmarks.md.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../../../src/cli/local/relay-process.ts";
import { readRecorded, record } from "../recorded/pages.ts";
import { billTable } from "./bill-table.ts";
import { bundleMetered } from "./metered-relay.ts";
import { billOf, PRICES } from "./prices.ts";
import { LIVES, play, type Played } from "./scenarios.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string", default: join(ROOT, "dist", "bill.json") },
    record: { type: "boolean", default: false },
  },
});

const chosen = LIVES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (chosen.length < positionals.length || chosen.length === 0) {
  console.error(`there is ${LIVES.map(({ name }) => `"${name}"`).join(", ")}`);
  process.exit(2);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

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
