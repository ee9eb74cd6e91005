// Worlds to begin with.

import { parseSettings } from "../../../src/config/parse.ts";
import { INITIAL_STATE } from "../../../src/deliver/state.ts";
import type { StoredUpdate } from "../../../src/job/state.ts";
import type { Exploration } from "./explore.ts";
import { RULES, type Rules } from "./rules.ts";
import { BEGIN } from "./key.ts";
import type { World } from "./world.ts";
import { anUpdate, POLICY, progress } from "../job/builders.ts";

const SUBSCRIBERS = ["works", "fails"];

const settings = (() => {
  const subscribers = SUBSCRIBERS.map((id) => ({ id, service: "X" }));
  const parsed = parseSettings({ SUBSCRIBERS: subscribers, X: {} });
  if (!parsed.ok) throw new Error(parsed.fault.join());
  return parsed.value;
})();

/** What a provider says about a job: a number is progress. */
export type Word = number | Exclude<StoredUpdate["event"], "job.progress">;

const updateOf = (word: Word, j: number, index: number): StoredUpdate => {
  const fields = { guid: `g${j}`, source: "s", key: { kind: "id", value: `m${index}` } } as const;
  return typeof word === "number" ? progress(word, fields) : anUpdate({ ...fields, event: word });
};

/** What an exploration varies. */
export interface Variation {
  readonly scripts: readonly (readonly Word[])[];
  readonly faults: number;
  readonly failures: number;
  readonly depth: number;
  readonly most?: number;
  readonly rules?: Partial<Rules>;
  /** Whether the second subscriber may fail, and calls to it. */
  readonly fails?: boolean;
  /** Failures in a row that the failing subscriber has had: ten open the breaker. */
  readonly before?: number;
}

/** An exploration of one or two jobs and two subscribers, the second of which may fail. */
export function exploration({
  scripts,
  rules = {},
  before = 0,
  fails = true,
  ...bounds
}: Variation): Exploration {
  const { faults, failures, depth, most = Infinity } = bounds;
  const { health } = INITIAL_STATE;
  const states = SUBSCRIBERS.map((id) =>
    id === "fails" && health.state === "active"
      ? { ...INITIAL_STATE, health: { ...health, failures: before, failingSince: BEGIN } }
      : INITIAL_STATE,
  );
  const begin: World = {
    now: BEGIN,
    jobs: scripts.map(() => ({ rows: null, memory: null, alarm: null, alarmRuns: false })),
    account: { log: [], index: scripts.map(() => 0), memory: null },
    subscribers: states.map((state) => ({
      stored: [],
      state,
      memory: null,
      alarm: null,
      accepted: scripts.map(() => []),
    })),
    calls: [],
    acknowledged: scripts.map(() => 0),
    progressAt: scripts.map(() => null),
    faults,
    failures,
  };
  return {
    setting: {
      rules: { ...RULES, ...rules },
      settings,
      policy: { ...POLICY, stallAfter: 0 },
      scripts: scripts.map((words, j) => words.map((word, index) => updateOf(word, j, index))),
      subscribers: SUBSCRIBERS,
    },
    begin,
    failing: fails ? 1 : -1,
    depth,
    most,
  };
}
