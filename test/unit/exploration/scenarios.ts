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
];
