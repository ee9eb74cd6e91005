// `npm run mutants -- [core…] [--again] [--record]`: changes the pure cores in small ways, and
// tells which changes no test finds. `--again` tries only the places where something survived in
// the last run, and files that have changed since; `--record` writes the figures into
// docs/evidence.json and docs/evidence.md.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { scriptArgs, wrongUse } from "../../src/cli/script.ts";
import { record } from "../prove/record.ts";
import { CORES, LEAST_FOUND, SLOW_TESTS, type Core } from "./cores.ts";
import { EXPLAINED } from "./explained.ts";
import {
  explanationOf,
  onlyOf,
  outcomeOf,
  percentFound,
  placesToTry,
  withLater,
  type Outcome,
  type StrykerReport,
} from "./report.ts";

/** Where Stryker is installed. */
const HOME = "dist/mutants";
const STRYKER = `${HOME}/node_modules/@stryker-mutator/core/bin/stryker.js`;

/** A change that makes tests run this much longer than before runs without an end. */
const ENDLESS_AFTER_MS = 15_000;

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): boolean {
  const options = { stdio: "inherit", env: { ...process.env, ...env } } as const;
  return spawnSync(command, args, options).status === 0;
}

/** Installs Stryker beside the project, which does without it otherwise. */
function install(): void {
  mkdirSync(HOME, { recursive: true });
  for (const name of ["package.json", "package-lock.json"])
    cpSync(`test/mutants/${name}`, `${HOME}/${name}`);
  if (!run("npm", ["ci", "--prefix", HOME, "--no-audit", "--no-fund"])) process.exit(1);
}

const reportOf = (name: string): string => `${HOME}/${name}.report.json`;

/** What is known of a core; `null` when it was never tried. */
const knownOf = (name: string): StrykerReport | null =>
  existsSync(reportOf(name))
    ? (JSON.parse(readFileSync(reportOf(name), "utf8")) as StrykerReport)
    : null;

const isLeftOut = (pattern: string): boolean => pattern.startsWith("!");

/** The files that patterns name, without those that a pattern with `!` leaves out. */
function named(patterns: readonly string[]): readonly string[] {
  const exclude = patterns.filter(isLeftOut).map((pattern) => pattern.slice(1));
  return globSync(
    patterns.filter((pattern) => !isLeftOut(pattern)),
    { exclude },
  ).toSorted();
}

/** The files of a core as they are now. */
const sourcesOf = ({ files }: Core): Readonly<Record<string, string>> =>
  Object.fromEntries(named(files).map((name) => [name, readFileSync(name, "utf8")]));

/** The files of tests that have to notice its changes. */
const testsOf = ({ tests }: Core): readonly string[] =>
  named([...tests.map((folder) => `test/unit/${folder}/**/*.test.ts`), ...SLOW_TESTS]);

/** Changes files, all over or at some places; `null` when Stryker fails. */
function mutate(name: string, core: Core, files: readonly string[]): StrykerReport | null {
  const [file, report] = [`${HOME}/${name}.json`, `${HOME}/${name}.new.json`];
  const config = {
    testRunner: "in-process",
    plugins: ["./test/mutants/runner.ts"],
    mutate: files,
    coverageAnalysis: "perTest",
    concurrency: 2,
    timeoutMS: ENDLESS_AFTER_MS,
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: report },
    ignorePatterns: ["dist", "docs", ".wrangler"],
    // Stryker would read it with TypeScript's API, which version 7 does not have.
    tsconfigFile: "none.json",
    tempDirName: `${HOME}/sandbox-${name}`,
  };
  writeFileSync(file, JSON.stringify(config));
  const env = { MUTANT_TESTS: testsOf(core).join(","), RUNS: process.env["RUNS"] ?? "30" };
  if (!run("node", [STRYKER, "run", file], env)) return null;
  return JSON.parse(readFileSync(report, "utf8")) as StrykerReport;
}

/** Tries a core, whole or as far as it has to be tried again; what is known then is kept. */
function tried(name: string, core: Core, again: boolean): StrykerReport | null {
  const known = again ? knownOf(name) : null;
  const sources = sourcesOf(core);
  const places = known === null ? core.files : placesToTry(known, sources);
  const found = places.length === 0 ? { files: {} } : mutate(name, core, places);
  if (found === null) return null;
  const report = known === null ? found : withLater(onlyOf(known, sources), found);
  writeFileSync(reportOf(name), JSON.stringify(report));
  return report;
}

/** Says what survived, and why as far as it is explained. */
function print(name: string, outcome: Outcome): void {
  const { found, all, endless, survivors } = outcome;
  const parts = [`${percentFound(outcome)} % found`, `${found} of ${all}`, `${endless} endless`];
  const lines = survivors.flatMap((one) => {
    const why = explanationOf(one, EXPLAINED)?.why ?? "not explained";
    return [`  ${one.file}:${one.line}  ${one.from}  →  ${one.to}`, `      ${why}`];
  });
  process.stdout.write([`${name}: ${parts.join(", ")}`, ...lines, ""].join("\n"));
}

const USAGE = `npm run mutants -- [core…] [--again] [--record]

  core      ${Object.keys(CORES).join(", ")}; without one, all of them
  --again   only where something survived in the last run, and changed files
  --record  writes the figures into docs/evidence.json and docs/evidence.md
  --help    this text`;

const { values, positionals: wanted } = scriptArgs(USAGE, {
  allowPositionals: true,
  options: {
    again: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});
const unknown = wanted.filter((name) => !Object.hasOwn(CORES, name));
if (unknown.length > 0)
  wrongUse(`no such core: ${unknown.join(", ")} (${Object.keys(CORES).join(", ")})`);
if (!existsSync(STRYKER)) install();
let isBelow = false;
for (const [name, core] of Object.entries(CORES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const report = tried(name, core, values.again);
  if (report === null) process.exit(1);
  const outcome = outcomeOf(report);
  print(name, outcome);
  const explained = outcome.survivors.filter((one) => explanationOf(one, EXPLAINED));
  isBelow ||= percentFound(outcome) < LEAST_FOUND;
  if (!values.record) continue;
  record({
    [`mutants ${name}`]: {
      on: new Date().toISOString().slice(0, 10),
      minutes: null,
      command: `npm run mutants -- ${name}`,
      figures: {
        "changes of the code": outcome.all,
        "found by a test, in percent": percentFound(outcome),
        "not found": outcome.survivors.length,
        "of them explained": explained.length,
      },
    },
  });
}
if (isBelow) {
  process.stderr.write(`a core is below ${LEAST_FOUND} %\n`);
  process.exit(1);
}
