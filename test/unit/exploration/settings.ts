// Worlds to begin with.

import { parseSettings } from "../../../src/config/parse.ts";
import type { Settings } from "../../../src/config/settings.ts";
import { INITIAL_STATE } from "../../../src/deliver/state.ts";
import type { StoredUpdate } from "../../../src/job/state.ts";
import type { Exploration } from "./explore.ts";
import { RULES, type Rules } from "./rules.ts";
import { BEGIN } from "./key.ts";
import type { World } from "./world.ts";
import { anUpdate, POLICY, progress } from "../job/builders.ts";

/** Numbers of shards by subscriber: a configuration. */
type Shards = Readonly<Record<string, number>>;

export const BOTH: Shards = { works: 1, fails: 1 };

export function settingsOf(config: Shards): Settings {
  const subscribers = Object.entries(config).map(([id, shards]) => ({ id, service: "X", shards }));
  const parsed = parseSettings({ SUBSCRIBERS: subscribers, X: {} });
  if (!parsed.ok) throw new Error(parsed.fault.join());
  return parsed.value;
}

const isFailing = (place: string): boolean => place.startsWith("subscriber:fails/");

/** An account has no place among the subscribers. */
const ACCOUNT_PLACE = -1;

/** A place for each shard that any of the configurations has. */
function placesOf(configs: readonly Shards[]): readonly string[] {
  return Object.keys(BOTH).flatMap((id) => {
    const count = Math.max(...configs.map((config) => config[id] ?? 0));
    return Array.from({ length: count }, (_, shard) => `subscriber:${id}/${shard}`);
  });
}

/** What a provider says about a job: a number is progress. */
export type Word = number | Exclude<StoredUpdate["event"], "job.progress">;

const updateOf = (word: Word, j: number, index: number): StoredUpdate => {
  const fields = { guid: `h${j}`, source: "s", key: { kind: "id", value: `m${index}` } } as const;
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
  /** Configurations, one after the other; in each the number of shards of a subscriber. */
  readonly configs?: readonly Shards[];
  /** How many replays may be asked for, and how many erasures. */
  readonly replays?: number;
  readonly erasures?: number;
  /** Whether requests may arrive after their attempt has ended. */
  readonly late?: boolean;
  /** Whether shards look for jobs that belong elsewhere. */
  readonly relocates?: boolean;
  /** Steps that lead to the first world, by their names. */
  readonly opening?: readonly string[];
}

/** An exploration of one or two jobs and two subscribers, the second of which may fail. */
export function exploration({
  scripts,
  rules = {},
  before = 0,
  fails = true,
  configs = [BOTH],
  replays = 0,
  erasures = 0,
  late = false,
  relocates = false,
  opening = [],
  ...bounds
}: Variation): Exploration {
  const { faults, failures, depth, most = Infinity } = bounds;
  const { health } = INITIAL_STATE;
  const places = placesOf(configs);
  const states = places.map((place) =>
    isFailing(place) && health.state === "active"
      ? { ...INITIAL_STATE, health: { ...health, failures: before, failingSince: BEGIN } }
      : INITIAL_STATE,
  );
  const begin: World = {
    now: BEGIN,
    jobs: scripts.map(() => ({ rows: null, memory: null, alarm: null, alarmRuns: false, life: 0 })),
    account: {
      log: [],
      index: scripts.map(() => 0),
      gone: scripts.map(() => null),
      memory: null,
    },
    subscribers: states.map((state) => ({
      stored: [],
      state,
      memory: null,
      alarm: null,
      gone: scripts.map(() => null),
      accepted: scripts.map(() => []),
      acceptedAgain: scripts.map(() => []),
    })),
    calls: [],
    lateRequests: [],
    config: 0,
    replays,
    replayed: scripts.map(() => []),
    erasures,
    mustErase: scripts.map(() => false),
    past: scripts.map(() => []),
    begun: scripts.map(() => 0),
    acknowledged: scripts.map(() => 0),
    progressAt: scripts.map(() => null),
    faults,
    failures,
  };
  return {
    setting: {
      rules: { ...RULES, ...rules },
      configs: configs.map(settingsOf),
      policy: { ...POLICY, stallAfter: 0 },
      scripts: scripts.map((words, j) => words.map((word, index) => updateOf(word, j, index))),
      places,
      hasLateRequests: late,
      relocates,
    },
    begin,
    failing: fails ? [...places.keys()].filter((s) => isFailing(places[s] ?? "")) : [ACCOUNT_PLACE],
    opening,
    depth,
    most,
  };
}
