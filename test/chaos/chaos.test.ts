// Everything at once: kill -9 under load while subscribers fail, viewers come and go, the
// configuration changes between restarts and the disk fills up. Whatever happens, every webhook
// that was answered is delivered, in the order of its job, and every log and stream is exact.
//
// `npm run prove -- chaos --minutes 60` plays more seeds; `CHAOS_SEED=7` plays that one here.

import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleRelay, type Bundle } from "../bench/relay.ts";
import { playEpisode } from "./episode/episode.ts";
import { told } from "./episode/failure.ts";
import { scriptOf } from "./episode/script.ts";

const { CHAOS_SEED } = process.env;
const SEEDS = CHAOS_SEED === undefined ? [3, 8, 12] : [Number(CHAOS_SEED)];
const ROUNDS = 5;

/** Episodes that a failure is shrunken with. */
const TRIES = 6;

let bundle: Bundle;
beforeAll(() => {
  bundle = bundleRelay();
});
afterAll(() => bundle.remove());

test.each(SEEDS)(
  "nothing is lost, doubled or reordered in the episode of seed %i",
  async (seed) => {
    const script = scriptOf(seed, ROUNDS);
    const verdict = await playEpisode(bundle, seed, script);
    expect(verdict.counts.kills).toBeGreaterThan(0);
    expect(verdict.counts.events).toBeGreaterThan(0);
    expect(await told(bundle, { seed, script, verdict, tries: TRIES })).toBe("");
  },
  600_000,
);
