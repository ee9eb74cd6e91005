// Every order of steps in a small world, with crashes, lost answers and calls that come late or
// twice: the guarantees hold in each.

import { expect, test } from "vitest";
import { explore } from "./explore.ts";
import { SCENARIOS } from "./scenarios.ts";
import { exploration } from "./settings.ts";

/** Steps and faults more than in continuous integration (`npm run model`). */
const EXTRA_DEPTH = Number(process.env["MODEL_DEPTH"] ?? 0);
const EXTRA_FAULTS = Number(process.env["MODEL_FAULTS"] ?? 0);

/** One layer of worlds more takes about twice as long. */
const TIMEOUT_MS = 120_000 * 4 ** (EXTRA_DEPTH + EXTRA_FAULTS);

test.for(SCENARIOS)("$name", { timeout: TIMEOUT_MS }, ({ states: least, ...scenario }) => {
  const { depth, faults, name } = scenario;
  const bounds = { depth: depth + EXTRA_DEPTH, faults: faults + EXTRA_FAULTS };
  const { states, steps, broken, ...found } = explore(exploration({ ...scenario, ...bounds }));
  process.stdout.write(`${states} states, ${steps} steps, depth ${found.depth}: ${name}\n`);
  expect(broken).toEqual([]);
  expect(states).toBeGreaterThanOrEqual(least);
});
