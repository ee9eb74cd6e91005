// The latest attempts of a subscriber as series over time, for its charts.

import type { Attempt, Delivery } from "../api/wire.ts";
import { isTaken } from "../deliveries/delivery-view.ts";
import { count, percent } from "../words/numbers.ts";
import { latency } from "../words/times.ts";

/** Most spans that the time of the attempts is cut into. */
const MAX_SPANS = 24;

/** The shortest span, in s. */
const MIN_SPAN = 1;

/** Series by the beginning of each span, in epoch seconds. */
export interface Series {
  /** The length of a span, in s. */
  readonly span: number;
  readonly times: readonly number[];
  readonly taken: readonly number[];
  readonly failed: readonly number[];
  /** Milliseconds; `null` where nothing was taken. */
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  /** The same in a sentence. */
  readonly summary: string;
}

/** The value below which `share` of a sorted list lies (nearest rank). */
const percentile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;

const ascending = (left: number, right: number): number => left - right;

const sentenceOf = (attempts: readonly Attempt[]): string => {
  const taken = attempts.filter(isTaken);
  const p95 = percentile(taken.map(({ ms }) => ms).toSorted(ascending), 0.95);
  const speed = p95 === null ? "" : `, 95 % answered within ${latency(p95)}`;
  return `${count(attempts.length, "attempt")}, ${percent(taken.length / attempts.length)} taken${speed}.`;
};

/** Cuts the attempts of some deliveries into spans; `null` without any attempt. */
export function seriesOf(deliveries: readonly Delivery[]): Series | null {
  const attempts = deliveries.flatMap((delivery) => delivery.attempts);
  if (attempts.length === 0) return null;
  const times = attempts.map(({ time }) => Date.parse(time) / 1_000);
  const [first, last] = [Math.floor(Math.min(...times)), Math.max(...times)];
  const span = Math.max(MIN_SPAN, Math.ceil((last - first + 1) / MAX_SPANS));
  const groups = Map.groupBy(attempts, ({ time }) =>
    Math.floor((Date.parse(time) / 1_000 - first) / span),
  );
  const spans = Array.from(
    { length: Math.floor((last - first) / span) + 1 },
    (_, index) => groups.get(index) ?? [],
  );
  const speeds = spans.map((group) =>
    group
      .filter(isTaken)
      .map(({ ms }) => ms)
      .toSorted(ascending),
  );
  const taken = speeds.map((group) => group.length);
  return {
    span,
    times: spans.map((_, index) => first + index * span),
    taken,
    failed: spans.map((group, index) => group.length - (taken[index] ?? 0)),
    p50: speeds.map((group) => percentile(group, 0.5)),
    p95: speeds.map((group) => percentile(group, 0.95)),
    summary: sentenceOf(attempts),
  };
}
