// The state that an emitted event leaves behind.

import { STATUS_OF } from "../model/event.ts";
import type { Millis } from "../kernel/time.ts";
import { isEnded, type Lifecycle } from "./lifecycle.ts";
import { latestNumbers, progressAfter, withNumbers } from "./progress.ts";
import type { JobState, PendingProgress, StoredUpdate } from "./state.ts";
import { cancel, OPEN_WINDOW, type Window } from "./throttle.ts";

/** A job before its first event is counted. */
export function newJob(update: StoredUpdate, lifecycle: Lifecycle, now: Millis): JobState {
  return {
    source: update.source,
    guid: update.guid,
    provider: update.provider,
    account: update.account,
    lifecycle: { ...lifecycle, attempt: 1 },
    window: OPEN_WINDOW,
    progress: null,
    shownProgress: null,
    seq: 0,
    lifecycleCount: 0,
    lastRecord: 0,
    event: update.event,
    status: STATUS_OF[update.event],
    url: null,
    error: null,
    current: null,
    total: null,
    details: {},
    createdAt: now,
    updatedAt: now,
    finishedAt: null,
    lastUpdateAt: now,
    stalled: false,
    absorbed: 0,
    late: 0,
    conflicts: 0,
    untold: false,
    ...(update.only === undefined ? {} : { only: update.only }),
  };
}

/** What every event that an update caused leaves behind. */
function afterEvent(state: JobState, update: StoredUpdate, now: Millis): JobState {
  return {
    ...state,
    seq: state.seq + 1,
    event: update.event,
    status: STATUS_OF[update.event],
    url: update.url,
    error: update.error,
    details: update.details,
    updatedAt: now,
    untold: false,
  };
}

/** The state after a progress event; `window` is the one that the event opens. */
export function afterProgress(
  state: JobState,
  update: StoredUpdate,
  { window, now }: { readonly window: Window<PendingProgress>; readonly now: Millis },
): JobState {
  const progress = progressAfter(state.progress, update);
  return {
    ...afterEvent(state, update, now),
    lifecycle: { ...state.lifecycle, phase: "running" },
    window,
    progress,
    shownProgress: progress,
    current: update.current ?? state.progress?.current ?? null,
    total: update.total ?? state.progress?.total ?? null,
  };
}

/** The lifecycle that an event leads to, and what else its state depends on. */
export interface LifecycleStep {
  readonly lifecycle: Lifecycle;
  /** Paths that the source redacts. */
  readonly redact: readonly string[];
  readonly now: Millis;
}

/** An update as it is emitted, and the state after it. */
export interface Emitted {
  readonly update: StoredUpdate;
  readonly state: JobState;
}

/** After an event that leaves the phase as it is: a conversion, which has a file of its own. */
export function afterAside(
  before: JobState | null,
  update: StoredUpdate,
  { lifecycle, now }: LifecycleStep,
): Emitted {
  const base = before ?? newJob(update, lifecycle, now);
  const state: JobState = {
    ...afterEvent(base, update, now),
    url: update.url ?? base.url,
    lifecycle,
    lastUpdateAt: now,
    stalled: false,
  };
  return { update, state };
}

/**
 * After an event that moves the lifecycle on. An end is emitted with the newest numbers that are
 * known. An end and a new attempt drop the value that waits.
 */
export function afterAdvance(
  before: JobState | null,
  update: StoredUpdate,
  { lifecycle, redact, now }: LifecycleStep,
): Emitted {
  const base = before ?? newJob(update, lifecycle, now);
  const opens = lifecycle.attempt !== base.lifecycle.attempt;
  const ends = isEnded(lifecycle.phase);
  const clears = opens || ends;
  const latest = opens ? null : latestNumbers(base, redact);
  const emitted = ends ? withNumbers(update, latest, redact) : update;
  const state: JobState = {
    ...afterEvent(base, emitted, now),
    lifecycle,
    lifecycleCount: base.lifecycleCount + 1,
    lastUpdateAt: now,
    stalled: false,
    progress: opens ? null : base.progress,
    shownProgress: opens ? null : base.shownProgress,
    window: clears ? cancel(base.window) : base.window,
    absorbed: base.absorbed + (clears && base.window.pending !== null ? 1 : 0),
    current: emitted.current ?? latest?.current ?? null,
    total: emitted.total ?? latest?.total ?? null,
    finishedAt: ends ? now : null,
  };
  return { update: emitted, state };
}
