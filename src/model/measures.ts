// Counts by name, and histograms of durations.

import { SECOND, type Millis } from "../kernel/time.ts";

/** Upper bounds of the histogram's buckets, in seconds; one more bucket has no bound. */
export const LATENCY_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** How long requests took; `counts` by bucket, not cumulative. Stored as JSON. */
export interface Latency {
  readonly counts: readonly number[];
  /** Of all durations. */
  readonly sum: Millis;
}

/** No request yet. */
export const NO_LATENCY: Latency = { counts: LATENCY_BOUNDS.map(() => 0).concat(0), sum: 0 };

/** One more request that took `ms`. */
export function withDuration({ counts, sum }: Latency, ms: Millis): Latency {
  const found = LATENCY_BOUNDS.findIndex((bound) => ms <= bound * SECOND);
  const bucket = found === -1 ? LATENCY_BOUNDS.length : found;
  return {
    counts: counts.map((count, index) => count + (index === bucket ? 1 : 0)),
    sum: sum + ms,
  };
}

const isOfThisVersion = ({ counts }: Latency): boolean =>
  counts.length === NO_LATENCY.counts.length;

/** The sum of two histograms; one with other buckets, of another version, is left out. */
export function addLatencies(left: Latency, right: Latency): Latency {
  if (!isOfThisVersion(right)) return left;
  if (!isOfThisVersion(left)) return right;
  return {
    counts: left.counts.map((count, index) => count + (right.counts[index] ?? 0)),
    sum: left.sum + right.sum,
  };
}

/** Counts by name. */
export type Counts = Readonly<Record<string, number>>;

/** The sum of counts by name. */
export const addCounts = (left: Counts, right: Counts): Counts =>
  withMore(left, Object.entries(right));

/** Counts with one more of each of the names. */
export const withNames = (counts: Counts, names: readonly string[]): Counts =>
  withMore(
    counts,
    names.map((name) => [name, 1]),
  );

/** The first word of a reason: what follows it differs from request to request. */
export const reasonWord = (reason: string): string => /^[a-z0-9-]+/.exec(reason)?.[0] ?? "other";

/** Most names that are counted apart: senders choose them, and all stand in one row. */
const MAX_NAMES = 100;

/** Most characters of such a name. */
const MAX_NAME_CHARACTERS = 100;

/** What further names count as. */
const OTHERS = "other";

/** A sender may name an event like a member that every object has, hence the map. */
function withMore(counts: Counts, more: readonly (readonly [string, number])[]): Counts {
  const sum = new Map(Object.entries(counts));
  for (const [given, count] of more) {
    const hasRoom = sum.size < MAX_NAMES && given.length <= MAX_NAME_CHARACTERS;
    const name = hasRoom || sum.has(given) ? given : OTHERS;
    sum.set(name, (sum.get(name) ?? 0) + count);
  }
  return Object.fromEntries(sum);
}
