// `npm run coverage -- [--record]`: which branches of the pure files no unit test takes. `--record`
// writes the figure into docs/evidence.json and docs/evidence.md.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { scriptArgs } from "../../src/cli/script.ts";
import { ROOT } from "../../src/cli/local/relay-process.ts";
import { record } from "../prove/record.ts";
import { coverageOf, LEAST_TAKEN, percentTaken, type Branches } from "./files.ts";

const USAGE = `npm run coverage -- [--record]

  --record  writes the figures into docs/evidence.json and docs/evidence.md
  --help    this text`;

const { values } = scriptArgs(USAGE, { options: { record: { type: "boolean", default: false } } });

const DIRECTORY = join(ROOT, "dist", "coverage");
const OPTIONS = {
  enabled: "true",
  provider: "v8",
  include: "src/**/*.ts",
  reporter: "json-summary",
  reportOnFailure: "true",
  reportsDirectory: DIRECTORY,
};
const given = Object.entries(OPTIONS).map(([name, value]) => `--coverage.${name}=${value}`);
// The exploration takes minutes, and literal tests take the branches of its rules, too.
const others = "--exclude=test/unit/exploration/**";
const vitest = ["run", "--project", "unit", "--reporter=dot", others, ...given];
const { status } = spawnSync("vitest", vitest, { stdio: "inherit", cwd: ROOT });

const summary = JSON.parse(
  readFileSync(join(DIRECTORY, "coverage-summary.json"), "utf8"),
) as Record<string, { readonly branches: Branches }>;
const files = Object.entries(summary)
  .filter(([file]) => file !== "total")
  .map(([file, { branches }]) => [relative(ROOT, file), branches] as const);
const coverage = coverageOf(Object.fromEntries(files));
const percent = percentTaken(coverage);
const lines = coverage.missing.map(({ file, count }) => `  ${file}: ${count}`);
const line = `${percent} % of the branches of pure files are taken, ${coverage.covered} of ${coverage.total}`;
process.stdout.write([line, ...lines, ""].join("\n"));
// What a run with a failed test has taken is no evidence.
if (status !== 0) process.exit(1);
if (values.record)
  record({
    coverage: {
      on: new Date().toISOString().slice(0, 10),
      minutes: null,
      command: "npm run coverage",
      figures: {
        "branches of pure files": coverage.total,
        "taken by a unit test, in percent": percent,
      },
    },
  });
if (percent < LEAST_TAKEN) {
  process.stderr.write(`less than ${LEAST_TAKEN} %\n`);
  process.exit(1);
}
