// Decides what a job does next: with an update, with a stored file, and when time has passed.

import { STATUS_OF } from "../model/event.ts";
import type { ArchivedFile } from "../model/messages.ts";
import type { Millis } from "../kernel/time.ts";
import { decideProgress } from "./decide-progress.ts";
import type { Decision, Emission } from "./decision.ts";
import { isRepetition, type Sighting } from "./dedupe.ts";
import { decideLifecycle } from "./lifecycle.ts";
import { afterAdvance, afterAside, afterProgress } from "./next-state.ts";
import type { Policy } from "./policy.ts";
import { isOpen, owesTrailing, type JobState, type StoredUpdate } from "./state.ts";
import { flush, flushAt } from "./throttle.ts";

/** What a decision about an update depends on beside the job and the update. */
export interface DecideOptions {
  /** When the update's key was accepted before; `undefined` for a new one. */
  readonly sighting: Sighting | undefined;
  readonly policy: Policy;
  readonly now: Millis;
}

/** Decides on an update; `state` is `null` for a job that does not exist yet. */
export function decideUpdate(
  state: JobState | null,
  update: StoredUpdate,
  { sighting, policy, now }: DecideOptions,
): Decision {
  if (state !== null && !policy.oneAccount && namesOtherAccount(state, update))
    return { kind: "refused", reason: "account-mismatch" };
  if (isRepetition(update.key, sighting, state?.lifecycleCount ?? 0)) return { kind: "duplicate" };
  const time = { occurredAt: update.occurredAt, now };
  const decision = decideLifecycle(state?.lifecycle ?? null, update.event, time);
  switch (decision.kind) {
    case "duplicate":
      return update.key.kind === "id"
        ? { kind: "record", reason: "duplicate" }
        : { kind: "duplicate" };
    case "late":
    case "conflict":
      return { kind: "record", reason: decision.kind };
    case "progress":
      return decideProgress(state, update, {
        lifecycle: decision.lifecycle,
        throttle: policy.throttle,
        now,
      });
    case "advance":
      return emit(afterAdvance(state, update, { ...decision, redact: policy.redact, now }));
    case "aside":
      return emit(afterAside(state, update, { ...decision, redact: policy.redact, now }));
  }
}

/**
 * True when an update belongs to another account than the job. One that names no account has the
 * source's id instead, and belongs to whatever account the job has.
 */
const namesOtherAccount = (
  { account, source }: JobState,
  update: Pick<StoredUpdate, "account">,
): boolean => account !== update.account && account !== source && update.account !== source;

const emit = ({ update, state }: { update: StoredUpdate; state: JobState }): Decision => ({
  kind: "emit",
  emission: { event: update.event, update, record: null, absorbed: 0, state },
});

/** Decides what is due without an update: the value that waits, or that the job has stalled. */
export function decideDue(state: JobState, policy: Policy, now: Millis): Emission | null {
  const flushed = flush(state.window, policy.throttle, now);
  if (flushed !== null) {
    const { update, record } = flushed.value;
    return {
      event: "job.progress",
      update,
      record,
      absorbed: flushed.dropped,
      state: { ...afterProgress(state, update, { window: flushed.window, now }), untold: true },
    };
  }
  const due = stallsAt(state, policy);
  if (due === null || due > now) return null;
  const { status, details } = state;
  return ownEvent(state, { event: "job.stalled", status, details, stalled: true, now });
}

/** Decides to tell that a file was stored; a job that runs again meanwhile keeps its status. */
export function decideArchived(state: JobState, file: ArchivedFile, now: Millis): Emission {
  const { key, size, etag } = file;
  return ownEvent(state, {
    event: "job.archived",
    status: isOpen(state) ? state.status : STATUS_OF["job.archived"],
    details: { ...state.details, key, size, etag },
    stalled: state.stalled,
    now,
  });
}

/** An event of the relay itself, which no update caused. */
function ownEvent(
  state: JobState,
  {
    now,
    ...changes
  }: Pick<JobState, "event" | "status" | "details" | "stalled"> & { readonly now: Millis },
): Emission {
  return {
    event: changes.event,
    update: null,
    record: null,
    absorbed: 0,
    state: {
      ...state,
      ...changes,
      seq: state.seq + 1,
      updatedAt: now,
      untold: owesTrailing(state),
    },
  };
}

/** The next instant at which `decideDue` has something to emit; `null` when never. */
export function nextAt(state: JobState, policy: Policy, now: Millis): Millis | null {
  const flushes = flushAt(state.window, policy.throttle, now);
  const stalls = stallsAt(state, policy);
  if (flushes === null || stalls === null) return flushes ?? stalls;
  return Math.min(flushes, stalls);
}

/** When the job's data may be deleted. */
export const expiresAt = (state: JobState, policy: Policy): Millis =>
  Math.max(state.lastUpdateAt, state.updatedAt) + policy.retention;

function stallsAt(state: JobState, policy: Policy): Millis | null {
  return policy.stallAfter > 0 && isOpen(state) && !state.stalled
    ? state.lastUpdateAt + policy.stallAfter
    : null;
}
