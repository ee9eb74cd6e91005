// Episodes of chaos, one seed after the other, until the time is over or one of them fails.

import { bundleRelay } from "../../bench/relay.ts";
import { playEpisode, type Verdict } from "../../chaos/episode/episode.ts";
import { told } from "../../chaos/episode/failure.ts";
import { scriptOf } from "../../chaos/episode/script.ts";
import { appendFileSync, writeFileSync } from "node:fs";
import type { Figures, Section } from "./section.ts";

/** Longer than in CI: more configurations follow each other on one storage. */
const ROUNDS = 8;

/** Episodes that a failure is shrunken with. */
const TRIES = 20;

type Counts = Verdict["counts"];

const ZERO: Counts = {
  jobs: 0,
  webhooks: 0,
  events: 0,
  deliveries: 0,
  sessions: 0,
  kills: 0,
  fills: 0,
  writeErrors: 0,
  refused: 0,
};

const plus = (left: Counts, right: Counts): Counts => ({
  jobs: left.jobs + right.jobs,
  webhooks: left.webhooks + right.webhooks,
  events: left.events + right.events,
  deliveries: left.deliveries + right.deliveries,
  sessions: left.sessions + right.sessions,
  kills: left.kills + right.kills,
  fills: left.fills + right.fills,
  writeErrors: left.writeErrors + right.writeErrors,
  refused: left.refused + right.refused,
});

const figuresOf = (episodes: number, sum: Counts): Figures => ({
  episodes,
  kills: sum.kills,
  "times the disk was full": sum.fills,
  "times writes failed": sum.writeErrors,
  jobs: sum.jobs,
  webhooks: sum.webhooks,
  "of them refused with 503 at first": sum.refused,
  events: sum.events,
  deliveries: sum.deliveries,
  "streams opened": sum.sessions,
  "lost, doubled or reordered": 0,
});

export const chaos: Section = {
  minutes: 60,
  run: async ({ minutes, seed: first, file }) => {
    const bundle = bundleRelay();
    const end = performance.now() + minutes * 60_000;
    let sum = ZERO;
    let episodes = 0;
    writeFileSync(file, "");
    for (let seed = first; performance.now() < end; seed += 1) {
      const script = scriptOf(seed, ROUNDS);
      const verdict = await playEpisode(bundle, seed, script).catch((error: unknown) => ({
        faults: [`seed ${seed} could not be played: ${String(error)}`],
        log: [],
        counts: ZERO,
      }));
      appendFileSync(
        file,
        `${JSON.stringify({ seed, ...verdict.counts, faults: verdict.faults })}\n`,
      );
      if (verdict.faults.length > 0) {
        const text = await told(bundle, { seed, script, verdict, tries: TRIES });
        bundle.remove();
        return { figures: figuresOf(episodes, sum), faults: text.split("\n") };
      }
      sum = plus(sum, verdict.counts);
      episodes += 1;
    }
    bundle.remove();
    return { figures: figuresOf(episodes, sum), faults: [] };
  },
};
