// The stored form of a job's state: earlier versions wrote it, so its members keep their names.

import type { JsonObject } from "../../kernel/json.ts";
import type { Lifecycle } from "../lifecycle.ts";
import type { JobState, PendingProgress, Progress } from "../state.ts";

/** Members that the stored form calls otherwise, or leaves to other rows. */
type Renamed =
  | "lifecycle"
  | "window"
  | "progress"
  | "shownProgress"
  | "lifecycleCount"
  | "lastRecord"
  | "lastUpdateAt"
  | "details";

/**
 * The state without what other rows hold: the details stand in the last event, a value that waits
 * in its record. A row holds 2 MB on Cloudflare, and the details of one webhook may be half of
 * that.
 */
export type StoredState = Omit<JobState, Renamed> & {
  readonly life: Lifecycle;
  readonly window: Omit<JobState["window"], "pending"> & {
    /** Number of the record that holds the value that waits. */
    readonly pending: number | null;
  };
  readonly mark: Progress | null;
  readonly shown: Progress | null;
  readonly era: number;
  readonly record: number;
  readonly heardAt: number;
};

/** What the stored state leaves to other rows. */
export interface OtherRows {
  readonly details: JsonObject;
  readonly pending: PendingProgress | null;
}

/** Reads a stored state. */
export function stateFrom(stored: StoredState, { details, pending }: OtherRows): JobState {
  const { life, window, mark, shown, era, record, heardAt, ...rest } = stored;
  return {
    ...rest,
    lifecycle: life,
    window: { ...window, pending },
    progress: mark,
    shownProgress: shown,
    lifecycleCount: era,
    lastRecord: record,
    lastUpdateAt: heardAt,
    details,
  };
}

/** Writes a state in its stored form. */
export function storedStateOf(state: JobState): StoredState {
  const {
    lifecycle,
    window,
    progress,
    shownProgress,
    lifecycleCount,
    lastRecord,
    lastUpdateAt,
    details: _,
    ...rest
  } = state;
  return {
    ...rest,
    life: lifecycle,
    window: { ...window, pending: window.pending?.record ?? null },
    mark: progress,
    shown: shownProgress,
    era: lifecycleCount,
    record: lastRecord,
    heardAt: lastUpdateAt,
  };
}
