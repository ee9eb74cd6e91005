// Lives of jobs, each played once for every step that can be interrupted and every way in which it
// can: writes, alarms, calls between objects, requests, buckets, messages of servers. After each
// interruption all that is promised holds.

import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { begin, end, MODES, type Mode, type Step } from "./interruptions.ts";
import { pair } from "./stories/correlated.ts";
import { polled, realtime } from "./stories/connectors.ts";
import { takenAgain } from "./stories/kept.ts";
import { archived, erased, expired, replayed, requeued, watched } from "./stories/jobs.ts";
import type { Story } from "./story.ts";
import * as world from "./world.ts";

const STORIES: readonly Story[] = [
  watched,
  requeued,
  replayed,
  erased,
  expired,
  archived,
  pair,
  takenAgain,
  realtime,
  polled,
];

beforeAll(() => world.begin());
afterAll(() => {
  vi.restoreAllMocks();
});

let lives = 0;

/** A way to interrupt a life: a step by its number, and what happens at it. */
interface Interruption {
  readonly at: number;
  readonly mode: Mode;
}

/** Plays a life, lets everything recover, and answers its steps and what was broken. */
async function live(
  story: Story,
  interruption: Interruption | null,
): Promise<{ readonly steps: readonly Step[]; readonly broken: readonly string[] }> {
  lives += 1;
  begin(interruption?.at ?? null, interruption?.mode ?? "before");
  let steps: readonly Step[] = [];
  try {
    const { isDone, check, pace } = await story.play(lives);
    const isEnded = await world.settle(isDone, pace);
    steps = end();
    if (!isEnded) world.note("it never came to its end");
    await check();
  } catch (error) {
    steps = end();
    world.note(String(error));
  }
  world.leave();
  return { steps, broken: world.takeBroken() };
}

/** Every way to interrupt the steps of a life. Late steps may be more in another life. */
const interruptionsOf = (steps: readonly Step[]): readonly Interruption[] =>
  steps.flatMap(({ kind }, at) => MODES[kind].map((mode) => ({ at, mode })));

/** `SWEEP=all` plays everything; else a sample of so many interruptions of each story. */
const { SWEEP = "", SWEEP_SEED = "" } = env as unknown as Record<string, string>;
const SAMPLE = 8;
/** Without another seed the same sample each time: a run that fails tells of what was changed. */
const seed = SWEEP_SEED === "" ? 7 : Number(SWEEP_SEED);

/** Every nth interruption, beginning where the seed says. */
function sampleOf(all: readonly Interruption[]): readonly Interruption[] {
  if (SWEEP === "all") return all;
  const stride = Math.max(1, Math.floor(all.length / SAMPLE));
  return all.filter((_, index) => index % stride === seed % stride);
}

const counted = { steps: 0, points: 0, played: 0 };

test.for(STORIES.map((story) => [story.name, story] as const))(
  "%s survives an interruption at every step",
  { timeout: 3_600_000 },
  async ([name, story]) => {
    const undisturbed = await live(story, null);
    expect(undisturbed.broken).toEqual([]);
    const { steps } = undisturbed;
    const all = interruptionsOf(steps);
    const sample = sampleOf(all);
    const failures: string[] = [];
    for (const one of sample) {
      const { broken } = await live(story, one);
      const { kind, name: what } = steps[one.at] ?? { kind: "write", name: "?" };
      if (broken.length === 0) continue;
      const failure = `${one.mode} step ${one.at}, ${kind} ${what}: ${broken.join("; ")}`;
      console.info(failure);
      failures.push(failure);
    }
    counted.steps += steps.length;
    counted.points += all.length;
    counted.played += sample.length;
    const played = `${sample.length} of ${all.length} interruptions`;
    console.info(`${name}: ${steps.length} steps, ${played}`);
    expect(failures).toEqual([]);
    expect(steps.length).toBeGreaterThanOrEqual(story.leastSteps);
  },
);

/** Interruption points of all stories together; they must not become fewer. */
const LEAST_POINTS = 4_600;

test("has at least as many interruption points as before", () => {
  console.info(
    `${counted.steps} steps, ${counted.points} interruption points, ${counted.played} played,` +
      ` seed ${seed}`,
  );
  expect(counted.points).toBeGreaterThanOrEqual(LEAST_POINTS);
});
