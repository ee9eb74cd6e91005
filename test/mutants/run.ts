// Changes the pure cores in small ways, and tells which changes no test finds: `npm run mutants`.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";

/** Where Stryker is installed: vitest is found above it. */
const HOME = "dist/mutants";
const STRYKER = `${HOME}/node_modules/@stryker-mutator/core/bin/stryker.js`;

interface Core {
  /** Rooms of unit tests. */
  readonly rooms: string;
  readonly files: readonly string[];
  /** Percent of mutants that were found when last measured; `null` where that was not done. */
  readonly found: number | null;
}

const CORES: Readonly<Record<string, Core>> = {
  job: {
    rooms: "job",
    files: ["src/job/*.ts", "src/job/{alarm,outbox}/*.ts", "!src/job/**/*.{io,object}.ts"],
    found: null,
  },
  deliver: {
    rooms: "deliver",
    files: ["src/deliver/{retry,queue}/*.ts", "!src/deliver/queue/*.io.ts"],
    found: null,
  },
  stream: {
    rooms: "stream,account",
    files: [
      "src/stream/{recovery,cursor,bounded-read}.ts",
      "src/account/{new-publications,log/positions}.ts",
    ],
    found: 93,
  },
  correlation: {
    rooms: "ingest/correlation,ingest/providers",
    files: ["src/ingest/correlation/runs.ts"],
    found: 83,
  },
  map: { rooms: "ingest", files: ["src/ingest/map/*.ts"], found: null },
  recipe: {
    rooms: "ingest",
    files: ["src/ingest/recipe/**/*.ts", "!src/ingest/recipe/**/*.io.ts"],
    found: null,
  },
};

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): void {
  const options = { stdio: "inherit", env: { ...process.env, ...env } } as const;
  const { status } = spawnSync(command, args, options);
  if (status !== 0) process.exit(1);
}

/** Installs Stryker beside the project, which does without it otherwise. */
function install(): void {
  mkdirSync(HOME, { recursive: true });
  for (const name of ["package.json", "package-lock.json"])
    cpSync(`test/mutants/${name}`, `${HOME}/${name}`);
  // vitest is there already.
  run("npm", ["ci", "--prefix", HOME, "--legacy-peer-deps", "--no-audit", "--no-fund"]);
}

function mutate(name: string, { rooms, files, found }: Core): void {
  const file = `${HOME}/${name}.json`;
  const config = {
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "test/mutants/vitest.config.ts" },
    mutate: files,
    coverageAnalysis: "perTest",
    concurrency: 1,
    thresholds: { break: found },
    reporters: ["clear-text"],
    clearTextReporter: { reportTests: false, logTests: false },
    ignorePatterns: ["dist", "docs", ".wrangler"],
    // Stryker would read it with TypeScript's API, which version 7 does not have.
    tsconfigFile: "none.json",
    tempDirName: `${HOME}/sandbox`,
  };
  writeFileSync(file, JSON.stringify(config));
  run("node", [STRYKER, "run", file], { MUTANT_ROOMS: rooms, RUNS: process.env["RUNS"] ?? "30" });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(CORES, name));
if (unknown.length > 0) {
  process.stderr.write(`no such core: ${unknown.join(", ")} (${Object.keys(CORES).join(", ")})\n`);
  process.exit(2);
}
if (!existsSync(STRYKER)) install();
for (const [name, core] of Object.entries(CORES))
  if (wanted.length === 0 || wanted.includes(name)) mutate(name, core);
