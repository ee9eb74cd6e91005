// The one place where a job's next step is decided: an update or the clock in, an emission, a record or nothing out.

import { STATUS_OF, type JobEvent } from "../model/event.ts";
import type { ArchivedFile } from "../model/messages.ts";
import type { Millis } from "../kernel/time.ts";
import { isRepetition, type Sighting } from "./dedupe.ts";
import { decideLifecycle, type Life, type LifecycleDecision } from "./lifecycle.ts";
import {
  goesBack,
  isUnchanged,
  latestNumbers,
  progressAfter,
  repeatsShown,
  withNumbers,
} from "./progress.ts";
import { isOpen, type StoredUpdate, type JobState, type PendingProgress } from "./state.ts";
import { cancel, flush, flushAt, hold, offer, OPEN_WINDOW, type Window } from "./throttle.ts";

/** The source's settings that a job obeys, in milliseconds; 0 is off for the first two. */
export interface Policy {
  readonly throttle: Millis;
  readonly stallAfter: Millis;
  readonly retention: Millis;
}

/** Why an update was kept without being emitted. A duplicate is kept when it has an id of its own, which may be sent again. */
export type RecordReason = "absorbed" | "late" | "conflict" | "unchanged" | "duplicate";

/** An event to emit; the shell adds id, time and `seq`, and stores `state` with it. */
export interface Emission {
  readonly event: JobEvent;
  /** The update that speaks; `null` for the relay's own events, which repeat the last one. */
  readonly heard: StoredUpdate | null;
  /** Number of the recorded row that holds the raw bytes of a value that waited; `null` for one that did not. */
  readonly record: number | null;
  /** Earlier updates dropped in favour of this one. */
  readonly absorbed: number;
  /** The state after the event, its `seq` counted. */
  readonly state: JobState;
}

export type Decision =
  | { readonly kind: "emit"; readonly emission: Emission }
  | { readonly kind: "record"; readonly reason: RecordReason }
  | { readonly kind: "duplicate" };

/** Decides on an update; `sighting` is when its key was accepted before. */
export function decideUpdate(
  state: JobState | null,
  update: StoredUpdate,
  sighting: Sighting | undefined,
  at: { readonly policy: Policy; readonly now: Millis },
): Decision {
  if (isRepetition(update.key, sighting, state?.era ?? 0, at.now)) return { kind: "duplicate" };
  return onUpdate(state, update, at.policy, at.now);
}

/** Decides on an update that deduplication let through. */
export function onUpdate(
  state: JobState | null,
  update: StoredUpdate,
  policy: Policy,
  now: Millis,
): Decision {
  const verdict = decideLifecycle(state?.life ?? null, update.event, update.occurredAt);
  switch (verdict.kind) {
    case "duplicate":
      return update.key.kind === "id"
        ? { kind: "record", reason: "duplicate" }
        : { kind: "duplicate" };
    case "late":
    case "conflict":
      return { kind: "record", reason: verdict.kind };
    case "progress":
      return onProgress(state, update, { life: verdict.life, width: policy.throttle, now });
    case "advance":
    case "aside":
      return { kind: "emit", emission: lifecycleEmission(state, update, verdict, now) };
  }
}

/** Decides what is due when nothing was said: the pending progress, or the word that nothing was heard for too long. */
export function decideDue(state: JobState, policy: Policy, now: Millis): Emission | null {
  const flushed = flush(state.window, policy.throttle, now);
  if (flushed !== null) {
    const { update, record } = flushed.value;
    return {
      event: "job.progress",
      heard: update,
      record,
      absorbed: flushed.dropped,
      state: progressed(state, update, flushed.window, now),
    };
  }
  const due = stallsAt(state, policy);
  if (due === null || due > now) return null;
  const stalled: JobState = {
    ...state,
    seq: state.seq + 1,
    event: "job.stalled",
    updatedAt: now,
    stalled: true,
  };
  return { event: "job.stalled", heard: null, record: null, absorbed: 0, state: stalled };
}

/** Says that a file of the job was stored; a job that runs again meanwhile keeps its status. */
export function decideArchived(state: JobState, file: ArchivedFile, now: Millis): Emission {
  const { key, size, etag } = file;
  const status = isOpen(state) ? state.status : STATUS_OF["job.archived"];
  const details = { ...state.details, key, size, etag };
  const next: JobState = {
    ...state,
    seq: state.seq + 1,
    event: "job.archived",
    status,
    details,
    updatedAt: now,
  };
  return { event: "job.archived", heard: null, record: null, absorbed: 0, state: next };
}

/** The next instant at which `onClock` has something to say; `null` when never. */
export function nextAt(state: JobState, policy: Policy, now: Millis): Millis | null {
  const flushes = flushAt(state.window, policy.throttle, now);
  const stalls = stallsAt(state, policy);
  if (flushes === null || stalls === null) return flushes ?? stalls;
  return Math.min(flushes, stalls);
}

/** When the job's data may leave. */
export const expiresAt = (state: JobState, policy: Policy): Millis =>
  Math.max(state.heardAt, state.updatedAt) + policy.retention;

function stallsAt(state: JobState, policy: Policy): Millis | null {
  return policy.stallAfter > 0 && isOpen(state) && !state.stalled
    ? state.heardAt + policy.stallAfter
    : null;
}

/**
 * Takes a recorded update into the state. Decisions and a restart after an eviction use the same function: the stored
 * state is as old as the last emission, the records after it bring it up to date, so an absorbed update costs one row.
 */
export function applyRecord(
  state: JobState,
  record: {
    readonly n: number;
    readonly at: Millis;
    readonly reason: RecordReason;
    readonly update: StoredUpdate;
  },
): JobState {
  const heard: JobState = { ...state, record: record.n, heardAt: record.at, stalled: false };
  switch (record.reason) {
    case "absorbed": {
      const { pending } = state.window;
      const window = hold(state.window, { update: record.update, record: record.n }, record.at);
      return {
        ...heard,
        life: { ...state.life, phase: "running" },
        mark: progressAfter(state.mark, record.update),
        window,
        absorbed: state.absorbed + (pending === null ? 0 : 1),
      };
    }
    case "late":
      return { ...heard, late: state.late + 1 };
    case "conflict":
      return { ...heard, conflicts: state.conflicts + 1 };
    case "unchanged": {
      const { pending, dropped } = state.window;
      if (pending === null || !repeatsShown(state, record.update)) return heard;
      // What waits was taken back: nothing is emitted twice, so there is nothing left to emit.
      return {
        ...heard,
        mark: progressAfter(state.mark, record.update),
        window: { ...state.window, pending: null, dropped: dropped + 1 },
        absorbed: state.absorbed + 1,
      };
    }
    case "duplicate":
      return heard;
  }
}

interface ProgressContext {
  readonly life: Life;
  readonly width: Millis;
  readonly now: Millis;
}

function onProgress(
  state: JobState | null,
  update: StoredUpdate,
  { life, width, now }: ProgressContext,
): Decision {
  const before = state?.mark ?? null;
  if (before !== null && goesBack(before, update)) return { kind: "record", reason: "late" };
  if (
    state !== null &&
    before !== null &&
    (isUnchanged(before, update) || repeatsShown(state, update))
  ) {
    return { kind: "record", reason: "unchanged" };
  }
  const window: Window<PendingProgress> = state?.window ?? OPEN_WINDOW;
  // Whether a value waits or leaves does not depend on the number of its record, which the shell gives it afterwards.
  const offered = offer(window, { update, record: 0 }, width, now);
  if (offered.kind === "hold") return { kind: "record", reason: "absorbed" };
  const base = state === null ? newborn(update, life, now) : { ...state, life };
  const lost = window.pending === null ? 0 : 1;
  const next = progressed(
    { ...base, absorbed: base.absorbed + lost, heardAt: now, stalled: false },
    update,
    offered.window,
    now,
  );
  return {
    kind: "emit",
    emission: {
      event: "job.progress",
      heard: update,
      record: null,
      absorbed: offered.dropped,
      state: next,
    },
  };
}

/** The state after a progress event left. */
function progressed(
  state: JobState,
  update: StoredUpdate,
  window: Window<PendingProgress>,
  now: Millis,
): JobState {
  return {
    ...spoken(state, update, now),
    life: { ...state.life, phase: "running" },
    window,
    mark: progressAfter(state.mark, update),
    shown: progressAfter(state.mark, update),
    current: update.current ?? state.mark?.current ?? null,
    total: update.total ?? state.mark?.total ?? null,
  };
}

function lifecycleEmission(
  state: JobState | null,
  update: StoredUpdate,
  verdict: Extract<LifecycleDecision, { life: Life }>,
  now: Millis,
): Emission {
  const base = state ?? newborn(update, verdict.life, now);
  if (verdict.kind !== "advance") {
    return {
      event: update.event,
      heard: update,
      record: null,
      absorbed: 0,
      state: {
        ...spoken(base, update, now),
        url: update.url ?? base.url,
        life: verdict.life,
        heardAt: now,
        stalled: false,
      },
    };
  }
  const opens = verdict.life.attempt !== base.life.attempt;
  const ends = verdict.life.phase === "finished" || verdict.life.phase === "failed";
  const clears = opens || ends;
  const latest = opens ? null : latestNumbers(base);
  const heard = ends ? withNumbers(update, latest) : update;
  const next: JobState = {
    ...spoken(base, heard, now),
    life: verdict.life,
    era: base.era + 1,
    heardAt: now,
    stalled: false,
    mark: opens ? null : base.mark,
    shown: opens ? null : base.shown,
    window: clears ? cancel(base.window) : base.window,
    absorbed: base.absorbed + (clears && base.window.pending !== null ? 1 : 0),
    current: heard.current ?? latest?.current ?? null,
    total: heard.total ?? latest?.total ?? null,
    finishedAt: ends ? now : null,
  };
  return { event: update.event, heard, record: null, absorbed: 0, state: next };
}

/** A job that is heard of for the first time, before its first event is counted. */
function newborn(update: StoredUpdate, life: Life, now: Millis): JobState {
  return {
    source: update.source,
    guid: update.guid,
    provider: update.provider,
    account: update.account,
    life: { ...life, attempt: 1 },
    window: OPEN_WINDOW,
    mark: null,
    shown: null,
    seq: 0,
    era: 0,
    record: 0,
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
    heardAt: now,
    stalled: false,
    absorbed: 0,
    late: 0,
    conflicts: 0,
  };
}

/** What every emitted event leaves behind. */
function spoken(state: JobState, update: StoredUpdate, now: Millis): JobState {
  return {
    ...state,
    seq: state.seq + 1,
    event: update.event,
    status: STATUS_OF[update.event],
    url: update.url,
    error: update.error,
    details: update.details,
    updatedAt: now,
  };
}
