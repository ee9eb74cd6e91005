// Whether answers, wake-ups and memory stay flat while a relay's storage grows.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instruct, playLife, varsFor } from "../../scale/life.ts";
import type { Sample } from "../../scale/probe.ts";
import { indexes } from "../../scale/sections/indexes.ts";
import { job } from "../../scale/sections/job.ts";
import type { Section } from "../../scale/sections/section.ts";
import { subscriber } from "../../scale/sections/subscriber.ts";
import { startReceiver } from "../../support/receiver.ts";
import type { Bench } from "../bench.ts";
import type { Measurement } from "../stats.ts";

/** Updates of a job, deliveries of a subscriber, jobs of a source. An account has fewer jobs. */
const SIZES = [1_000, 30_000, 1_000_000];
const QUICK_SIZES = [1_000, 20_000];

const SECTIONS: Readonly<Record<string, Section>> = { job, subscriber, indexes };

/** What one section measured at one size. */
interface Measured {
  readonly size: number;
  readonly samples: readonly Sample[];
}

const at = (size: number): string => `at ${size.toLocaleString("en")}`;

/** One line for each subject: its value at the largest size, and the others beside it. */
function measurementsOf(all: readonly Measured[]): readonly Measurement[] {
  const largest = all.at(-1)?.samples ?? [];
  return largest.map(({ name, unit, value, atMost, note }) => {
    const values = all.map(({ size, samples }) => {
      const same = samples.find((sample) => sample.name === name);
      return [at(size), same?.value ?? Number.NaN] as const;
    });
    const smallest = values[0]?.[1] ?? Number.NaN;
    const beside = { ...Object.fromEntries(values), "×": value / smallest };
    return {
      part: "scale",
      name,
      unit,
      value,
      budget: { atMost },
      beside: note === undefined ? beside : { ...beside, note },
    };
  });
}

/** Measures each section at each size, on a copy of the storage that one life left. */
export async function scale({
  bundle,
  quick,
  section: only,
}: Bench): Promise<readonly Measurement[]> {
  const directory = mkdtempSync(join(tmpdir(), "jobrelay-scale-"));
  const sweep = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.once("exit", sweep);
  const receiver = await startReceiver();
  instruct(receiver);
  const vars = varsFor(receiver);
  try {
    const lived = join(directory, "life");
    await playLife({ bundle, vars, storage: lived }, receiver);
    const measurements: Measurement[] = [];
    for (const [name, section] of Object.entries(SECTIONS)) {
      if (only !== null && only !== name) continue;
      const all: Measured[] = [];
      for (const size of quick ? QUICK_SIZES : SIZES) {
        const storage = join(directory, "storage");
        console.error(`  ${name} ${at(size)} …`);
        cpSync(lived, storage, { recursive: true });
        const samples = await section({ launch: { bundle, vars, storage }, receiver, size });
        all.push({ size, samples });
        rmSync(storage, { recursive: true, force: true, maxRetries: 5 });
      }
      measurements.push(...measurementsOf(all));
    }
    return measurements;
  } finally {
    await receiver.close();
    sweep();
  }
}
