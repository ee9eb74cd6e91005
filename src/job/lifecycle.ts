// What an event means for a job in the phase it is in: the lifecycle table of the contract (section 4), as one function.

import type { ProviderJobEvent } from "../model/event.ts";
import type { Millis } from "../kernel/time.ts";

/** How far the current attempt is. `finished` and `failed` end it. */
export type Phase = "waiting" | "running" | "finished" | "failed";

/** The part of a job's state that its lifecycle rules read and write. */
export interface Life {
  /** Counts from 1. */
  readonly attempt: number;
  readonly phase: Phase;
  /** True when a `job.requeued` opened this attempt: until it ends, another one is the same requeue told twice. */
  readonly requeued: boolean;
  /** The provider's own instant of the event that opened this attempt; `null` when it gave none, and in attempt 1. */
  readonly beganAt: Millis | null;
  /** Lifecycle events accepted in this attempt; `job.created` stays in the list for good, a job is created once. */
  readonly seen: readonly ProviderJobEvent[];
}

/**
 * The verdict on one event.
 * `advance`: emit it, the life becomes `life`. `progress`: the throttle decides. `aside`: emit it, the phase stays.
 * `duplicate`: seen before. `late`: an earlier phase or attempt, recorded. `conflict`: contradicts the end, recorded.
 */
export type LifecycleDecision =
  | { readonly kind: "advance"; readonly life: Life }
  | { readonly kind: "progress"; readonly life: Life }
  | { readonly kind: "aside"; readonly life: Life }
  | { readonly kind: "duplicate" }
  | { readonly kind: "late" }
  | { readonly kind: "conflict" };

const NEWBORN: Life = { attempt: 1, phase: "waiting", requeued: false, beganAt: null, seen: [] };

/** True once the attempt has ended. */
export const isEnded = (phase: Phase): boolean => phase === "finished" || phase === "failed";

/** Judges an event; `life` is `null` for a job that nothing was heard of yet. */
export function decideLifecycle(
  life: Life | null,
  event: ProviderJobEvent,
  occurredAt: Millis | null,
): LifecycleDecision {
  const current = life ?? NEWBORN;
  if (current.beganAt !== null && occurredAt !== null && occurredAt < current.beganAt)
    return { kind: "late" };
  switch (event) {
    case "job.created":
      if (current.seen.includes(event)) return { kind: "duplicate" };
      return life === null ? advance(current, event, "waiting") : { kind: "late" };
    case "job.started":
      if (current.seen.includes(event)) return { kind: "duplicate" };
      return current.phase === "waiting" ? advance(current, event, "running") : { kind: "late" };
    case "job.progress":
      return isEnded(current.phase)
        ? { kind: "late" }
        : { kind: "progress", life: { ...current, phase: "running" } };
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
      return { kind: "aside", life: current };
  }
}

/** The next attempt, before anything happened in it. */
function reopen(life: Life, requeued: boolean, occurredAt: Millis | null): Life {
  const seen = life.seen.filter((event) => event === "job.created");
  return { attempt: life.attempt + 1, phase: "waiting", requeued, beganAt: occurredAt, seen };
}

function advance(life: Life, event: ProviderJobEvent, phase: Phase): LifecycleDecision {
  return { kind: "advance", life: { ...life, phase, seen: [...life.seen, event] } };
}
