// The worlds that are explored, and how many states were found in them.

import type { Variation } from "./settings.ts";

interface Scenario extends Omit<Variation, "rules"> {
  readonly name: string;
  /** Found when this was written: fewer would mean that something does not happen any more. */
  readonly states: number;
}

/** The life of a job: created, progress twice, the end. */
const LIFE: Variation["scripts"] = [["job.created", 10, 20, "job.finished"]];

/** Progress that only the account's log has, and calls to the account that come late. */
export const LOGGED: Omit<Variation, "rules"> = {
  scripts: [["job.created", 10, 20]],
  fails: false,
  faults: 2,
  failures: 0,
  depth: 9,
};

/** Attempts whose requests arrive once they have ended. */
export const LATE: Omit<Variation, "rules"> = {
  scripts: [["job.created", 10, "job.finished"]],
  late: true,
  faults: 1,
  failures: 1,
  depth: 7,
};

/** A subscriber that leaves the configuration and comes back. */
export const ABSENT: Omit<Variation, "rules"> = {
  scripts: [["job.created", 10, "job.finished"]],
  configs: [{ works: 1, fails: 1 }, { works: 1 }, { works: 1, fails: 1 }],
  faults: 0,
  failures: 1,
  depth: 7,
};

/** A subscriber with one shard, two, and one again. */
const SHARDS: Omit<Variation, "rules"> = {
  scripts: [["job.created", 10, "job.finished"]],
  configs: [1, 2, 1].map((fails) => ({ works: 1, fails })),
  faults: 1,
  failures: 1,
  depth: 6,
};

/** The same once the first shard has delivered, and the second one is meant for what follows. */
export const BETWEEN: Omit<Variation, "rules"> = {
  ...SHARDS,
  opening: [
    "update of job 0",
    "call of job 0 to account (1) arrives",
    "call of job 0 to subscriber:fails/0 (1) arrives",
    "subscriber 1: attempt 1 is accepted",
    "the configuration changes",
    "update of job 0",
  ],
  depth: 6,
};

/** The same once progress has failed at the first shard; the second one is meant for the end. */
export const MOVING: Omit<Variation, "rules"> = {
  scripts: [[10, "job.finished"]],
  configs: [1, 2].map((fails) => ({ works: 1, fails })),
  opening: [
    "update of job 0",
    "call of job 0 to account (1) arrives",
    "the configuration changes",
    "late call of job 0 to subscriber:fails/0 (1) arrives",
    "subscriber 1: attempt 1 is answered 500",
    "update of job 0",
  ],
  faults: 1,
  failures: 1,
  depth: 12,
};

const movedAfter = (call: string): readonly string[] => [
  ...(MOVING.opening ?? []),
  "call of job 0 to account (1,2) arrives",
  call,
  "move of job 0 to subscriber:fails/0 () arrives",
  "move of job 0 to subscriber:fails/1 () arrives",
  "subscriber 1: stops",
];

/** The same once the first shard has handed over and begins again. */
const MOVED: Omit<Variation, "rules"> = {
  ...MOVING,
  opening: movedAfter("call of job 0 to subscriber:fails/0 (1) arrives"),
  faults: 2,
};

/** The same while the call that brought the progress is under way once more. */
export const CALLED: Omit<Variation, "rules"> = {
  ...MOVING,
  opening: movedAfter("call of job 0 to subscriber:fails/0 (1) arrives, and will once more"),
  faults: 3,
  depth: 8,
};

/** Progress that failed is brought to the second shard, twice; then the job goes back. */
export const BACK: Omit<Variation, "rules"> = {
  scripts: [[10, "job.finished"]],
  configs: [1, 2, 1].map((fails) => ({ works: 1, fails })),
  relocates: true,
  opening: [
    "update of job 0",
    "call of job 0 to account (1) arrives",
    "call of job 0 to subscriber:fails/0 (1) arrives",
    "subscriber 1: attempt 1 is answered 500",
    "the configuration changes",
    "subscriber 1 lets job 0 move",
    "call of job 0 to account (1) arrives",
    "call of job 0 to subscriber:fails/0 (1) arrives",
    "move of job 0 to subscriber:fails/0 () arrives",
    "move of job 0 to subscriber:fails/1 () arrives, and will once more",
    "the configuration changes",
  ],
  faults: 2,
  failures: 1,
  depth: 7,
};

/** A replay by hand to the subscriber that may fail. */
export const REPLAY: Omit<Variation, "rules"> = {
  scripts: [["job.created", 10, "job.finished"]],
  replays: 1,
  faults: 1,
  failures: 1,
  depth: 6,
};

/** A job that may be erased at any step, and whose provider goes on. */
const ERASED: Omit<Variation, "rules"> = {
  scripts: [["job.created", 10, "job.finished"]],
  erasures: 1,
  faults: 1,
  failures: 1,
  depth: 6,
};

/** The same once the erasure has begun, while a delivery waits. */
export const ERASING: Omit<Variation, "rules"> = {
  ...ERASED,
  opening: [
    "update of job 0",
    "call of job 0 to account (1) arrives",
    "call of job 0 to subscriber:fails/0 (1) arrives",
    "subscriber 1: attempt 1 is answered 500",
    "job 0 is erased",
  ],
  faults: 2,
  depth: 5,
};

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a job keeps every promise through one fault and one failed attempt",
    scripts: LIFE,
    faults: 1,
    failures: 1,
    depth: 7,
    states: 10_836,
  },
  {
    name: "an account logs each event once through two faults",
    ...LOGGED,
    states: 21_841,
  },
  {
    name: "a subscriber whose breaker opens gets everything in order",
    scripts: [["job.created", 10, "job.finished"]],
    before: 9,
    faults: 1,
    failures: 1,
    depth: 7,
    states: 9_400,
  },
  {
    name: "an attempt after a requeue is a life of its own",
    scripts: [["job.created", 10, "job.failed", "job.requeued", 5, "job.finished"]],
    faults: 1,
    failures: 0,
    depth: 7,
    states: 7_166,
  },
  {
    name: "two jobs of one account do not meet",
    scripts: [
      ["job.created", 10, "job.finished"],
      ["job.created", "job.finished"],
    ],
    faults: 1,
    failures: 1,
    depth: 5,
    states: 11_550,
  },
  {
    name: "updates that come late, twice and after the end change nothing",
    scripts: [["job.created", 20, 10, 20, "job.finished", 30, "job.failed"]],
    fails: false,
    faults: 1,
    failures: 0,
    depth: 9,
    states: 10_153,
  },
  {
    name: "a request that arrives after later ones brings nothing but what is known or out of date",
    ...LATE,
    states: 11_609,
  },
  {
    name: "a subscriber that is removed gets nothing meanwhile, and afterwards what waited",
    ...ABSENT,
    states: 10_045,
  },
  {
    name: "a subscriber that has one shard, two, and one again gets everything in order",
    ...SHARDS,
    states: 16_083,
  },
  {
    name: "a second change of shards does not overtake the first",
    ...BETWEEN,
    states: 8_042,
  },
  {
    name: "what waits at a former shard comes to the new one before anything later",
    ...MOVING,
    states: 10_428,
  },
  {
    name: "a former shard that begins again gets nothing once more",
    ...MOVED,
    states: 2_650,
  },
  {
    name: "a call that comes late to a former shard is passed on to where the job is",
    ...CALLED,
    states: 4_555,
  },
  {
    name: "a hand-over that comes late brings nothing back",
    ...BACK,
    states: 10_708,
  },
  {
    name: "of a job that is erased nothing comes back, and its next life is whole",
    ...ERASED,
    replays: 1,
    states: 13_443,
  },
  {
    name: "an erasure that is asked for again, and comes late, takes nothing of the next life",
    ...ERASING,
    states: 15_714,
  },
  {
    name: "a replay by hand brings everything once more and disturbs no order",
    ...REPLAY,
    states: 11_330,
  },
];
