// What an event means for a job in its phase: the lifecycle table of the contract (section 4).

import type { ProviderJobEvent } from "../model/event.ts";
import type { Millis } from "../kernel/time.ts";

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

/** Decides on an event; `lifecycle` is `null` for a job that does not exist yet. */
export function decideLifecycle(
  lifecycle: Lifecycle | null,
  event: ProviderJobEvent,
  occurredAt: Millis | null,
): LifecycleDecision {
  const current = lifecycle ?? NEW_JOB;
  if (current.beganAt !== null && occurredAt !== null && occurredAt < current.beganAt)
    return { kind: "late" };
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
        return advance(reopen(current, false, occurredAt), event, "finished");
      return advance(current, event, "finished");
    case "job.failed":
    case "bulk_download.failed":
      if (current.phase === "failed") return { kind: "duplicate" };
      return current.phase === "finished"
        ? { kind: "conflict" }
        : advance(current, event, "failed");
    case "job.requeued":
      if (current.requeued && !isEnded(current.phase)) return { kind: "duplicate" };
      return advance(reopen(current, true, occurredAt), event, "waiting");
    case "job.convert.done":
    case "job.convert.failed":
      return { kind: "aside", lifecycle: current };
  }
}

/** The next attempt, before anything happened in it. */
function reopen(lifecycle: Lifecycle, requeued: boolean, occurredAt: Millis | null): Lifecycle {
  const seen = lifecycle.seen.filter((event) => event === "job.created");
  return { attempt: lifecycle.attempt + 1, phase: "waiting", requeued, beganAt: occurredAt, seen };
}

function advance(lifecycle: Lifecycle, event: ProviderJobEvent, phase: Phase): LifecycleDecision {
  return { kind: "advance", lifecycle: { ...lifecycle, phase, seen: [...lifecycle.seen, event] } };
}
