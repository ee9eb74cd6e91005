// What an update that is kept without being emitted changes in the state.

import type { Millis } from "../kernel/time.ts";
import type { RecordReason } from "./decision.ts";
import { progressAfter, repeatsShown } from "./progress.ts";
import type { JobState, StoredUpdate } from "./state.ts";
import { hold } from "./throttle.ts";

/** A kept update: number `n` of the job's records, counted from 1. */
export interface UpdateRecord {
  readonly n: number;
  readonly at: Millis;
  readonly reason: RecordReason;
  readonly update: StoredUpdate;
}

/** Reasons whose records change more than a count: the state after them depends on the update. */
type Weighty = "absorbed" | "unchanged";

/** True when the state after a record depends on its update. */
export const needsUpdate = (reason: RecordReason): reason is Weighty =>
  reason === "absorbed" || reason === "unchanged";

/** What a record changes. */
export type RecordedChange = Pick<UpdateRecord, "n" | "at"> &
  (
    | { readonly reason: Weighty; readonly update: StoredUpdate }
    | { readonly reason: Exclude<RecordReason, Weighty> }
  );

/**
 * The state after a record. Decisions and the load after a wake use the same function: the stored
 * state is as old as the last emission, and the records after it bring it up to date. So an
 * absorbed update costs one row.
 */
export function applyRecord(state: JobState, record: RecordedChange): JobState {
  const after = (changes: Partial<JobState> = {}): JobState => ({
    ...state,
    lastRecord: record.n,
    lastUpdateAt: record.at,
    stalled: false,
    untold: false,
    ...changes,
  });
  switch (record.reason) {
    case "absorbed": {
      const { pending } = state.window;
      return after({
        lifecycle: { ...state.lifecycle, phase: "running" },
        progress: progressAfter(state.progress, record.update),
        window: hold(state.window, { update: record.update, record: record.n }, record.at),
        absorbed: state.absorbed + (pending === null ? 0 : 1),
      });
    }
    case "late":
      return after({ late: state.late + 1 });
    case "conflict":
      return after({ conflicts: state.conflicts + 1 });
    case "unchanged": {
      const { pending, dropped } = state.window;
      if (pending === null || !repeatsShown(state, record.update)) return after();
      // The update says what was emitted last, so the value that waits is out of date.
      return after({
        progress: progressAfter(state.progress, record.update),
        window: { ...state.window, pending: null, dropped: dropped + 1 },
        absorbed: state.absorbed + 1,
      });
    }
    case "duplicate":
    case "amended":
      return after();
  }
}
