// What a source remembers of its webhooks: how many became what, and the last ones it refused.

import { OUTCOMES, type Outcomes, type Rejection, type Tally } from "../model/messages.ts";
import type { Millis } from "../kernel/time.ts";
import { addRefusals, NO_REFUSALS, type Refusals } from "./refusals.ts";
import {
  addCounts,
  addLatencies,
  NO_LATENCY,
  reasonWord,
  type Counts,
  type Latency,
} from "../model/measures.ts";
import type { Notice } from "../operations/notice.ts";

/** Refused requests that are kept: the newest, as many of each reason as of any other. */
export const MAX_REJECTED = 100;

/**
 * Least time between two writes: refused requests without end cost two rows in this time. A crash
 * loses what was counted in it.
 */
export const SAVE_INTERVAL: Millis = 10_000;

/** What became of a source's webhooks since counting began. */
export interface SourceCounts {
  readonly counts: Outcomes;
  /** When counting began; `null` when nothing was counted yet. */
  readonly since: Millis | null;
  /** When a verified webhook came last. */
  readonly seenAt: Millis | null;
  /** How many were refused, by reason. */
  readonly reasons?: Counts;
  readonly measures?: Measures;
  /**
   * How many webhooks were refused since one was verified, at most 100.
   */
  readonly refusedInARow?: number;
}

/** What is measured besides outcomes. Stored as JSON: member names are a format. */
export interface Measures {
  /** Events that webhooks led to at once, by name. */
  readonly events: Counts;
  /** How long requests took. */
  readonly latency: Latency;
}

const NO_MEASURES: Measures = { events: {}, latency: NO_LATENCY };

/** The counts, how many were refused and why, and the refused requests, newest first. */
export interface Inspection extends SourceCounts {
  readonly refusals: Refusals;
  readonly rejected: readonly Rejection[];
}

/** Nothing counted yet. */
export const EMPTY_INSPECTION: Inspection = {
  counts: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
  since: null,
  seenAt: null,
  measures: NO_MEASURES,
  refusals: NO_REFUSALS,
  rejected: [],
};

/** Adds a tally. Those of several isolates come in any order. */
export function addTally(
  before: Inspection,
  tally: Tally,
  now: Millis,
  stamp: () => Pick<Notice, "id" | "at" | "traceparent">,
): Inspection {
  const seen = [before.seenAt, tally.seenAt].filter((at) => at !== null);
  const seenAt = seen.length === 0 ? null : Math.max(...seen);
  return {
    counts: Object.fromEntries(
      OUTCOMES.map((outcome) => [outcome, before.counts[outcome] + tally.counts[outcome]]),
    ) as Outcomes,
    since: before.since ?? now,
    seenAt,
    measures: addMeasures(before.measures ?? NO_MEASURES, tally),
    refusals: addRefusals(before.refusals, tally, { now, seenAt }, stamp),
    rejected: newestOfEach([...tally.rejected.toReversed(), ...before.rejected]),
  };
}

const newestFirst = (rejected: readonly Rejection[]): readonly Rejection[] =>
  rejected.toSorted((left, right) => right.at - left.at);

/** Reasons take turns: what strangers send without end pushes away nothing but its own kind. */
function newestOfEach(rejected: readonly Rejection[]): readonly Rejection[] {
  const byReason = Map.groupBy(newestFirst(rejected), ({ reason }) => reasonWord(reason));
  const turns = [...byReason.values()].flatMap((same) => same.map((one, turn) => ({ one, turn })));
  const kept = turns.toSorted((left, right) => left.turn - right.turn).slice(0, MAX_REJECTED);
  return newestFirst(kept.map(({ one }) => one));
}

const addMeasures = (
  { events, latency }: Measures,
  { events: more = {}, latency: others = NO_LATENCY }: Tally,
): Measures => ({ events: addCounts(events, more), latency: addLatencies(latency, others) });

/** The counts of what is known. */
export const countsOf = ({
  counts,
  since,
  seenAt,
  measures,
  refusals,
  rejected,
}: Inspection): SourceCounts => ({
  counts,
  since,
  seenAt,
  reasons: refusals.reasons,
  ...(measures === undefined ? {} : { measures }),
  refusedInARow: rejected.filter(({ at }) => at > (seenAt ?? 0)).length,
});

/** The refused requests with those that are kept whole, newest first. */
export function withKept(
  rejected: readonly Rejection[],
  kept: readonly Rejection[],
): readonly Rejection[] {
  if (kept.length === 0) return rejected;
  const numbers = new Set(kept.map(({ n }) => n));
  const others = rejected.filter(({ n }) => n === undefined || !numbers.has(n));
  return newestFirst([...kept, ...others]);
}

/** When a change is to be written: at once, unless the last write was less than an interval ago. */
export const saveAt = (now: Millis, savedAt: Millis | null): Millis =>
  Math.max(now, (savedAt ?? Number.NEGATIVE_INFINITY) + SAVE_INTERVAL);
