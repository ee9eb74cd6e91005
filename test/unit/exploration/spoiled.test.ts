// The exploration can fail: each of these worlds has one fault in it, and it is found.

import { describe, expect, test } from "vitest";
import { explore } from "./explore.ts";
import { RULES, type Rules } from "./rules.ts";
import {
  ABSENT,
  BACK,
  BETWEEN,
  CALLED,
  ERASING,
  LATE,
  LOGGED,
  MOVING,
  REPLAY,
} from "./scenarios.ts";
import { NO_SHARDS } from "../../../src/job/outbox/destinations.ts";
import { BOTH, exploration, settingsOf, type Variation } from "./settings.ts";

interface Spoiled {
  readonly name: string;
  readonly rules: Partial<Rules>;
  /** What is found. */
  readonly broken: RegExp;
  /** Where it is found; in the life of one job without it. */
  readonly in?: Omit<Variation, "rules">;
}

const LIFE: Omit<Variation, "rules"> = {
  scripts: [["job.created", 10, 20, "job.finished"]],
  faults: 1,
  failures: 1,
  depth: 8,
  most: 15_000,
};

const SPOILED: readonly Spoiled[] = [
  {
    name: "an event counts as taken before its call was answered",
    rules: { marksBeforeCall: true },
    broken: /^the account (?:has|logs)|misses/,
  },
  {
    name: "every destination counts as having taken what one of them took",
    rules: {
      afterDrain: (before, drained, now) =>
        RULES.afterDrain(before, { ...drained, failed: [] }, now),
    },
    broken: /^the account (?:has|logs)|misses/,
  },
  {
    name: "nothing wakes a job whose events were not taken",
    rules: {
      dueAt: (deadlines, now) => {
        const { watermarks, state } = deadlines;
        return RULES.dueAt({ ...deadlines, watermarks: { ...watermarks, all: state.seq } }, now);
      },
    },
    broken: /misses|^the account has/,
  },
  {
    name: "a subscriber does not look whether it has an event",
    rules: { isKnown: () => false },
    broken: /^subscriber 1 stores an event twice$/,
  },
  {
    name: "a subscriber answers before a delivery is stored",
    rules: { storesBeforeAnswer: false },
    broken: /^subscriber 1 misses/,
  },
  {
    name: "an account takes everything for new",
    rules: {
      selectNew: (publications) => RULES.selectNew(publications, () => 0),
    },
    broken: /^the account logs seq 1 of a job after 1$/,
  },
  {
    name: "an account takes for new what its sender says is sent first",
    rules: { trustsFirst: true },
    broken: /^the account logs seq \d of a job after \d$/,
  },
  {
    name: "an account that has just begun does not look into its log",
    rules: { looksBack: false },
    broken: /^the account logs seq \d of a job after \d$/,
    in: LOGGED,
  },
  {
    name: "a webhook is answered before its row is written",
    rules: { answersBeforeRow: true },
    broken: /^update id:m\d of job 0 is lost$/,
  },
  {
    name: "deliveries of one job leave in any order",
    rules: {
      planBehind: (gate, queues, facts, slots) =>
        RULES.planBehind(gate, queues, { ...facts, order: "none" }, slots),
    },
    broken: /^subscriber 1 gets seq \d after \d$/,
  },
  {
    name: "a failed delivery holds back no later one",
    rules: {
      settleAttempt: (ended, before) => {
        const settlement = RULES.settleAttempt(ended, before);
        return { ...settlement, row: { ...settlement.row, waiting: "refusal" } };
      },
    },
    broken: /^subscriber 1 gets seq \d after \d$/,
  },
  {
    name: "an end leaves the value that waits",
    rules: {
      decideUpdate: (state, update, options) => {
        const decision = RULES.decideUpdate(state, update, options);
        if (decision.kind !== "emit" || state === null) return decision;
        const { emission } = decision;
        const { pending } = state.window;
        const window = { ...emission.state.window, pending };
        return { ...decision, emission: { ...emission, state: { ...emission.state, window } } };
      },
    },
    broken: /^job\.progress comes after the end of its attempt$/,
  },
  {
    name: "a window forgets when progress was emitted",
    rules: {
      decideUpdate: (state, update, options) =>
        RULES.decideUpdate(
          state === null ? null : { ...state, window: { ...state.window, lastAt: null } },
          update,
          options,
        ),
    },
    broken: /^two progress events share a window$/,
  },
  {
    name: "a kept update changes nothing in the job",
    rules: { applyRecord: (state, { n }) => ({ ...state, lastRecord: n }) },
    broken: /^progress 20 of job 0 does not arrive$/,
  },
  {
    name: "an event has the number of the one before it",
    rules: {
      decideUpdate: (state, update, options) => {
        const decision = RULES.decideUpdate(state, update, options);
        if (decision.kind !== "emit" || decision.emission.state.seq !== 3) return decision;
        const { emission } = decision;
        return { ...decision, emission: { ...emission, state: { ...emission.state, seq: 2 } } };
      },
    },
    broken: /^seq 2 follows 2$/,
  },
  {
    name: "a delivery whose attempt had no answer is given up",
    rules: {
      settleAttempt: (ended, before) => {
        const settlement = RULES.settleAttempt(ended, before);
        return ended.result.kind === "failure" ? { ...settlement, state: "dead" } : settlement;
      },
    },
    broken: /^a late request brings seq 1 to subscriber 1 after \d$/,
    in: { ...LATE, depth: 8 },
  },
  {
    name: "deliveries leave for a subscriber that the configuration lacks",
    rules: { waitsWhileAbsent: false },
    broken: /^subscriber 1 gets seq \d while it is absent$/,
    in: ABSENT,
  },
  {
    name: "events are meant for whoever got the first one",
    rules: {
      destinationsOf: (routed, _, kept) => RULES.destinationsOf(routed, settingsOf(BOTH), kept),
    },
    broken: /^subscriber 1 gets seq \d, which was not meant for it$/,
    in: ABSENT,
  },
  {
    name: "events go to the shard of the configuration before a change has ended",
    rules: { pinnedShards: () => NO_SHARDS },
    broken: /^no end is in sight$/,
    in: BETWEEN,
  },
  {
    name: "a shard takes once more what it has handed over",
    rules: { passesOn: false },
    broken: /^subscriber 1 gets seq 1 after 2$/,
    in: MOVING,
  },
  {
    name: "a shard that begins again forgets what it has handed over",
    rules: { remembersGone: false },
    broken: /^subscriber 1 gets seq 1 after 2$/,
    in: CALLED,
  },
  {
    name: "a shard takes what was handed over to it before it handed that on",
    rules: { refusesEarlier: false },
    broken: /^subscriber 1 gets seq \d after \d$/,
    in: { ...BACK, depth: 8 },
  },
  {
    name: "a call that comes late brings an erased job back",
    rules: { dropsErased: false },
    broken: /^subscriber 1 gets seq 1 of a job that was erased$|^the account (?:shows|logs)/,
    in: ERASING,
  },
  {
    name: "an erasure that comes late erases the next life",
    rules: { refusesOldErasures: false },
    broken: /^the account logs seq 2 of a job after 0$|misses/,
    in: { ...ERASING, depth: 8 },
  },
  {
    name: "a replay counts as the events that it repeats",
    rules: { keyOfDispatch: ({ event }) => event.id },
    broken: /^subscriber 1 misses the replay of job\.\w+ \(seq \d\)$/,
    in: REPLAY,
  },
];

describe("a fault is found", () => {
  test.for(SPOILED)("$name", { timeout: 120_000 }, ({ rules, broken, in: where = LIFE }) => {
    const found = explore(exploration({ ...where, rules })).broken;
    expect(found[0]?.rule).toMatch(broken);
  });
});
