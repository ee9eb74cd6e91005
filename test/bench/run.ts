// The benchmark, each part with its floor measured in the same run: prints a table and writes JSON.
// `npm run bench -- [bundle] [bodies] [ingest] [delivery] [latency] [sockets] [scale] [--quick]
// [--out file] [--cpu-profile directory] [--section job|subscriber|indexes], a section of `scale`

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
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

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string", default: join(ROOT, "dist", "bench.json") },
    "cpu-profile": { type: "string" },
    section: { type: "string" },
  },
});

const names = positionals.length === 0 ? Object.keys(PARTS) : positionals;
const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(", ")}; there is ${Object.keys(PARTS).join(", ")}`);
  process.exit(2);
}

const profiles = values["cpu-profile"] ?? null;
if (profiles !== null) mkdirSync(profiles, { recursive: true });
// A server and its directory go with this process: what ends it early has to let its `exit`
// handlers run.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
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
const measurements: Measurement[] = [];
const failures: string[] = [];
for (const name of names) {
  console.error(`measuring ${name} …`);
  try {
    measurements.push(...((await PARTS[name]?.(bench)) ?? []));
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
built.remove();

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
for (const failure of failures) console.error(`could not measure ${failure}`);
// Servers that would not end must not keep the command.
process.exit(failures.length === 0 ? 0 : 1);
