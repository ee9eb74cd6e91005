// The benchmark, each part with its floor measured in the same run: prints a table and writes JSON.
// `npm run bench -- [bundle] [bodies] [ingest] [delivery] [latency] [sockets] [scale] [--quick]
// [--out file] [--cpu-profile directory] [--section job|subscriber|indexes], a section of `scale`,
// [--record], which keeps the figures and writes them into README.md and docs/benchmarks.md

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { exitOnSignals, scriptArgs, wrongUse } from "../../src/cli/script.ts";
import { ROOT } from "../../src/cli/local/relay-process.ts";
import type { Bench, Part } from "./bench.ts";
import { floorSpec } from "./floor.ts";
import { bodies } from "./parts/bodies.ts";
import { bundle } from "./parts/bundle.ts";
import { delivery } from "./parts/delivery.ts";
import { ingest } from "./parts/ingest.ts";
import { latency } from "./parts/latency.ts";
import { scale } from "./parts/scale.ts";
import { sockets } from "./parts/sockets.ts";
import { readRecorded, record } from "./recorded/pages.ts";
import type { RecordedPart } from "./recorded/speed.ts";
import { bundleRelay, relaySpec } from "./relay.ts";
import { scaleTable } from "./scale-table.ts";
import { table, type Measurement } from "./stats.ts";

const PARTS: Readonly<Record<string, Part>> = {
  bundle,
  bodies,
  ingest,
  latency,
  delivery,
  sockets,
  scale,
};

const USAGE = `npm run bench -- [section…] [--quick] [--out <file>] [--cpu-profile <directory>] [--record]

  section        ${Object.keys(PARTS).join(", ")}; without one, all of them
  --quick        fewer requests: whether it runs, not how fast it is
  --section      of scale, the one part of it that runs
  --out          where the figures go as JSON, by default dist/bench.json
  --cpu-profile  the directory for profiles of the server
  --record       writes the figures into the pages that name them
  --help         this text`;

const { values, positionals } = scriptArgs(USAGE, {
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string", default: join(ROOT, "dist", "bench.json") },
    "cpu-profile": { type: "string" },
    section: { type: "string" },
    record: { type: "boolean", default: false },
  },
});

const names = positionals.length === 0 ? Object.keys(PARTS) : positionals;
const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0)
  wrongUse(`unknown: ${unknown.join(", ")}; there is ${Object.keys(PARTS).join(", ")}`);

if (values.record && (values.quick || values["cpu-profile"] !== undefined))
  wrongUse("what is quick or profiled is not to be recorded");

const profiles = values["cpu-profile"] ?? null;
if (profiles !== null) mkdirSync(profiles, { recursive: true });
// A server and its directory go with this process: what ends it early has to let its `exit`
// handlers run.
exitOnSignals();
const loadBefore = loadavg()[0] ?? 0;
const built = bundleRelay();
const floor = floorSpec(relaySpec(built));
const bench: Bench = {
  bundle: built,
  floor,
  quick: values.quick,
  profiles,
  section: values.section ?? null,
};
const parts: Record<string, readonly Measurement[]> = {};
const failures: string[] = [];
for (const name of names) {
  console.error(`measuring ${name} …`);
  try {
    parts[name] = (await PARTS[name]?.(bench)) ?? [];
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
built.remove();

const measurements = Object.values(parts).flat();
const machine = {
  cores: availableParallelism(),
  processor: cpus()[0]?.model ?? "unknown",
  system: `${process.platform} ${process.arch}`,
  node: process.version,
  loadBefore,
  loadAfter: loadavg()[0] ?? 0,
};
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(
  values.out,
  `${JSON.stringify({ at: new Date().toISOString(), quick: values.quick, machine, measurements, failures }, null, 2)}\n`,
);
console.log(
  `${table(measurements)}\n\n${machine.cores} cores, ${machine.processor}, load ${loadBefore.toFixed(1)} before; written to ${values.out}`,
);
const scaled = scaleTable(measurements);
if (scaled !== "") console.log(`\n${scaled}`);
if (values.record) recordParts();
for (const failure of failures) console.error(`could not measure ${failure}`);
// Servers that would not end must not keep the command.
process.exit(failures.length === 0 ? 0 : 1);

/** Keeps the parts that were measured; docs/scale.md has the figures of `scale`. */
function recordParts(): void {
  const about = {
    on: new Date().toISOString().slice(0, 10),
    machine: `${machine.cores} cores, ${machine.processor}, ${machine.system}`,
    load: loadBefore,
  };
  const measured = Object.entries(parts).flatMap(([name, lines]): [string, RecordedPart][] =>
    name === "scale" ? [] : [[name, { ...about, measurements: lines }]],
  );
  const known = readRecorded().speed;
  const speed = { ...known, ...Object.fromEntries(measured) };
  // In the order of the parts, whichever were measured last.
  const ordered = Object.keys(PARTS).flatMap((name): [string, RecordedPart][] => {
    const part = speed[name];
    return part === undefined ? [] : [[name, part]];
  });
  record({ speed: Object.fromEntries(ordered) });
}
