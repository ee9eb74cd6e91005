// The size of what is deployed, and what it adds to the start of the runtime.

import { startFloor, startRelay, type Bench } from "../bench.ts";
import { median, type Measurement } from "../stats.ts";
import type { Server } from "../workerd.ts";

/** Largest bundle, in kB gzip. */
const SIZE = { atMost: 200 };

/** Longest start-up of the Worker, in ms. */
const START_UP = { atMost: 50 };

/** Starts of each side in turns. */
const STARTS = 7;

/**
 * Start-up is from process to first answer, less the same for a bare Worker: evaluation,
 * configuration, first route.
 */
export async function bundle(bench: Bench): Promise<readonly Measurement[]> {
  const relays: number[] = [];
  const floors: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    relays.push(await startUp(startRelay(bench)));
    floors.push(await startUp(startFloor(bench)));
  }
  const part = "bundle";
  const { gzip, bytes } = bench.bundle;
  return [
    {
      part,
      name: "gzip size",
      value: gzip / 1_000,
      unit: "kB",
      budget: SIZE,
      beside: { "kB unpacked": bytes / 1_000 },
    },
    {
      part,
      name: "start-up, less a bare Worker's",
      value: median(relays) - median(floors),
      unit: "ms",
      budget: START_UP,
      beside: { "first answer ms": median(relays), "a bare Worker's": median(floors) },
    },
  ];
}

async function startUp(starting: Promise<Server>): Promise<number> {
  const server = await starting;
  await server.stop();
  return server.startUp;
}
