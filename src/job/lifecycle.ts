// What an event means for a job in its phase: the lifecycle table.

import type { ProviderJobEvent } from "../model/event.ts";
import { SECOND, type Millis } from "../kernel/time.ts";

/** How far the current attempt is. `finished` and `failed` end it. */
export type Phase = "waiting" | "running" | "finished" | "failed";

/** The part of a job's state that its lifecycle rules read and write. */
export interface Lifecycle {
  /** Counts from 1. */
  readonly attempt: number;
  readonly phase: Phase;
  /** True when a `job.requeued` opened this attempt: another one before its end is a repetition. */
  readonly requeued: boolean;
  /** When the provider says that this attempt was opened; `null` when unknown and in attempt 1. */
  readonly beganAt: Millis | null;
  /**
   * True when that instant lay in the future as it came: the provider's clock was ahead, so it
   * cannot tell that an end belongs to an earlier attempt. Absent in states of earlier versions.
   */
  readonly clockAhead?: boolean;
  /** When the provider says that this attempt ended, at most our now; absent when unknown. */
  readonly endedAt?: Millis;
  /** When the last attempt with a known end ended before this one; absent when unknown. */
  readonly previousEndedAt?: Millis;
  /** Lifecycle events accepted in this attempt; `job.created` stays: a job is created once. */
  readonly seen: readonly ProviderJobEvent[];
}

/**
 * The decision on one event. `advance`: emit it, the phase changes. `progress`: the throttle
 * decides. `aside`: emit it, the phase stays. `duplicate`: seen before. `late`: it belongs to an
 * earlier phase or attempt, record it. `conflict`: it contradicts the end, record it.
 */
export type LifecycleDecision =
  | { readonly kind: "advance"; readonly lifecycle: Lifecycle }
  | { readonly kind: "progress"; readonly lifecycle: Lifecycle }
  | { readonly kind: "aside"; readonly lifecycle: Lifecycle }
  | { readonly kind: "duplicate" }
  | { readonly kind: "late" }
  | { readonly kind: "conflict" };

const NEW_JOB: Lifecycle = {
  attempt: 1,
  phase: "waiting",
  requeued: false,
  beganAt: null,
  seen: [],
};

/** True once the attempt has ended. */
export const isEnded = (phase: Phase): boolean => phase === "finished" || phase === "failed";

const ENDS: ReadonlySet<ProviderJobEvent> = new Set<ProviderJobEvent>([
  "job.finished",
  "job.failed",
  "bulk_download.ready",
  "bulk_download.failed",
]);

/** True for an event that ends an attempt. */
export const isEnd = (event: ProviderJobEvent): boolean => ENDS.has(event);

/** When an event happened by the provider's clock (`null` when it does not say), and our now. */
export interface EventTime {
  readonly occurredAt: Millis | null;
  readonly now: Millis;
}

/** Decides on an event; `lifecycle` is `null` for a job that does not exist yet. */
export function decideLifecycle(
  lifecycle: Lifecycle | null,
  event: ProviderJobEvent,
  time: EventTime,
): LifecycleDecision {
  const current = lifecycle ?? NEW_JOB;
  if (isOfEarlierAttempt(current, event, time)) return { kind: "late" };
  switch (event) {
    case "job.created":
      if (current.seen.includes(event)) return { kind: "duplicate" };
      return lifecycle === null ? advance(current, event, "waiting") : { kind: "late" };
    case "job.started":
      if (current.seen.includes(event)) return { kind: "duplicate" };
      return current.phase === "waiting" ? advance(current, event, "running") : { kind: "late" };
    case "job.progress":
      return isEnded(current.phase)
        ? { kind: "late" }
        : { kind: "progress", lifecycle: { ...current, phase: "running" } };
    case "job.finished":
    case "bulk_download.ready":
      if (current.phase === "finished") return { kind: "duplicate" };
      if (current.phase === "failed")
        return advance(ended(reopen(current, false, time), time), event, "finished");
      return advance(ended(current, time), event, "finished");
    case "job.failed":
    case "bulk_download.failed":
      if (current.phase === "failed") return { kind: "duplicate" };
      return current.phase === "finished"
        ? { kind: "conflict" }
        : advance(ended(current, time), event, "failed");
    case "job.requeued":
      if (current.requeued && !isEnded(current.phase)) return { kind: "duplicate" };
      return advance(reopen(current, true, time), event, "waiting");
    case "job.convert.done":
    case "job.convert.failed":
      return { kind: "aside", lifecycle: current };
  }
}

/**
 * True when the provider's clock says that an event happened before the current attempt began. An
 * instant in the future counts as now. A clock that is known to be ahead makes no end late: of all
 * events an end may be lost least.
 */
function isOfEarlierAttempt(
  { beganAt, clockAhead = false, previousEndedAt }: Lifecycle,
  event: ProviderJobEvent,
  { occurredAt, now }: EventTime,
): boolean {
  if (occurredAt === null || occurredAt >= now) return false;
  if (previousEndedAt !== undefined && isUpToEnd(event, occurredAt, previousEndedAt)) return true;
  if (beganAt === null) return false;
  // An earlier version stored instants in the future as they came.
  if (isEnd(event) && (clockAhead || beganAt > now)) return false;
  return isBefore(occurredAt, Math.min(beganAt, now));
}

/**
 * True for an instant that is not after an attempt's end. An end at that very instant was sent
 * again; in whole seconds, a start or progress at it may belong to the next attempt.
 */
function isUpToEnd(event: ProviderJobEvent, occurredAt: Millis, endedAt: Millis): boolean {
  if (occurredAt === endedAt) return isEnd(event) || occurredAt % SECOND !== 0;
  return isBefore(occurredAt, endedAt);
}

/** Compares two instants, by the second when `left` names no fraction of it. */
const isBefore = (left: Millis, right: Millis): boolean =>
  left < (left % SECOND === 0 ? right - (right % SECOND) : right);

/** The next attempt, before anything happened in it. */
function reopen(
  lifecycle: Lifecycle,
  requeued: boolean,
  { occurredAt, now }: EventTime,
): Lifecycle {
  const previousEndedAt = lifecycle.endedAt ?? lifecycle.previousEndedAt;
  return {
    attempt: lifecycle.attempt + 1,
    phase: "waiting",
    requeued,
    beganAt: occurredAt === null ? null : Math.min(occurredAt, now),
    ...(occurredAt !== null && occurredAt > now ? { clockAhead: true } : {}),
    ...(previousEndedAt === undefined ? {} : { previousEndedAt }),
    seen: lifecycle.seen.filter((event) => event === "job.created"),
  };
}

/** The attempt with the instant of its end, where the provider names one. */
const ended = (lifecycle: Lifecycle, { occurredAt, now }: EventTime): Lifecycle =>
  occurredAt === null ? lifecycle : { ...lifecycle, endedAt: Math.min(occurredAt, now) };

function advance(lifecycle: Lifecycle, event: ProviderJobEvent, phase: Phase): LifecycleDecision {
  return { kind: "advance", lifecycle: { ...lifecycle, phase, seen: [...lifecycle.seen, event] } };
}
