// Where recorded figures are kept, and the pages that show them.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../src/cli/local/relay-process.ts";
import type { Runs } from "../bill/bill-table.ts";
import { withCost, withCostTable } from "./cost.ts";
import { withSpeed, withSpeedTable, type RecordedSpeed } from "./speed.ts";

/** The pages that show figures. */
export interface Pages {
  readonly readme: string;
  readonly benchmarks: string;
}

/** What was recorded last. */
export interface Recorded {
  readonly speed: RecordedSpeed;
  readonly cost: { readonly at: string; readonly runs: Runs };
}

const FILES = {
  readme: join(ROOT, "README.md"),
  benchmarks: join(ROOT, "docs", "benchmarks.md"),
  speed: join(ROOT, "docs", "benchmarks.json"),
  cost: join(ROOT, "test", "bench", "bill", "recorded.json"),
} as const;

const read = (file: keyof typeof FILES): string => readFileSync(FILES[file], "utf8");

export const readRecorded = (): Recorded => ({
  speed: JSON.parse(read("speed")) as RecordedSpeed,
  cost: JSON.parse(read("cost")) as Recorded["cost"],
});

export const readPages = (): Pages => ({ readme: read("readme"), benchmarks: read("benchmarks") });

/** The pages with the figures that are recorded. Throws when a mark or a figure is missing. */
export const withRecorded = ({ readme, benchmarks }: Pages, recorded: Recorded): Pages => ({
  readme: withSpeed(withCost(readme, recorded.cost.runs), recorded.speed),
  benchmarks: withSpeedTable(withCostTable(benchmarks, recorded.cost.runs), recorded.speed),
});

/** Keeps figures, and writes them into the pages. */
export function record(changes: Partial<Recorded>): void {
  const recorded = { ...readRecorded(), ...changes };
  const pages = withRecorded(readPages(), recorded);
  for (const file of ["speed", "cost"] as const)
    writeFileSync(FILES[file], `${JSON.stringify(recorded[file], null, 2)}\n`);
  for (const file of ["readme", "benchmarks"] as const) writeFileSync(FILES[file], pages[file]);
}
