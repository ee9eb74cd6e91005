// What the world is driven by: the functions of the code, each of which a test may spoil.

import { keyOfDispatch, RecentKeys } from "../../../src/deliver/queue/recent-keys.ts";
import { planBehind } from "../../../src/deliver/queue/plan.ts";
import { gateOf } from "../../../src/deliver/retry/breaker.ts";
import { settleAttempt } from "../../../src/deliver/retry/settlement.ts";
import { selectNew } from "../../../src/account/new-publications.ts";
import { dueAt, idleUntil } from "../../../src/job/alarm/deadlines.ts";
import { decideDue, decideUpdate } from "../../../src/job/decide.ts";
import { isRepetition } from "../../../src/job/dedupe.ts";
import { destinationsOf, replayPlan } from "../../../src/job/outbox/destinations.ts";
import { afterDrain, undelivered, withReached } from "../../../src/job/outbox/outbox.ts";
import { pinnedShards } from "../../../src/job/outbox/shards.ts";
import { applyRecord } from "../../../src/job/records.ts";

/** Pure functions of the code, and the order of steps in the objects around them. */
export const RULES = {
  decideUpdate,
  decideDue,
  applyRecord,
  isRepetition,
  dueAt,
  idleUntil,
  destinationsOf,
  undelivered,
  afterDrain,
  withReached,
  pinnedShards,
  replayPlan,
  keyOfDispatch,
  selectNew,
  planBehind,
  gateOf,
  settleAttempt,
  /** Whether a subscriber has a delivery already. */
  isKnown: (ids: readonly string[], id: string): boolean =>
    new RecentKeys(
      ids.map((key) => ({ key, at: 1 })),
      true,
    ).answer(id, Number.MAX_SAFE_INTEGER) === "known",
  /** A page counts as taken once every call of it was answered, not when it is sent. */
  marksBeforeCall: false,
  /** A job answers once its row is written. */
  answersBeforeRow: false,
  /** A delivery is stored before its call is answered. */
  storesBeforeAnswer: true,
  /** A shard passes on what a call brings of a job that it has handed over. */
  passesOn: true,
  /** It knows that job when it begins again. */
  remembersGone: true,
  /** A shard refuses what was handed over to it before it handed the job over itself. */
  refusesEarlier: true,
  /** Subscribers and accounts drop what comes late of a job that was erased. */
  dropsErased: true,
  /** They refuse to erase a job because of a call from before it was erased. */
  refusesOldErasures: true,
  /** A subscriber that the configuration lacks keeps what waits, and gets nothing. */
  waitsWhileAbsent: true,
  /** An account compares a publication that is sent for the first time with what it knows. */
  trustsFirst: false,
  /** An instance of an account that has just begun looks for such a publication in the log. */
  looksBack: true,
};

export type Rules = typeof RULES;
