// The stored form of a job: earlier versions wrote it, so its members keep their names.

import type { JobEnvelope } from "../../model/event.ts";
import type { Lifecycle } from "../lifecycle.ts";
import type { JobRest } from "../../model/reduce.ts";
import type { Watermarks } from "../outbox/outbox.ts";
import type { JobState, PendingProgress, Progress } from "../state.ts";

/** Members that the stored form calls otherwise, or leaves to the newest event. */
type Renamed =
  | "lifecycle"
  | "window"
  | "progress"
  | "shownProgress"
  | "lifecycleCount"
  | "lastRecord"
  | "lastUpdateAt"
  | "untold"
  | "url"
  | "error"
  | "details";

/**
 * The state without what other rows or columns hold: the details stand in the newest event, a value
 * that waits in its record. A row holds 2 MB on Cloudflare, and the details of one webhook may be
 * most of that.
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
  readonly untold?: true;
  /** Absent where the newest event has the same. */
  readonly url?: string | null;
  /** Absent where the details of the newest event have the same. */
  readonly error?: string | null;
};

/**
 * A job in its newest event's row. `epoch` is that of its log; `marks` is `null` before a drain.
 */
export interface StoredJob {
  readonly epoch: string;
  readonly state: StoredState;
  readonly marks: Watermarks | null;
  /** What that event does not say of the job after it; absent in rows of version 0.1.0. */
  readonly rest?: JobRest | undefined;
}

/** What the stored state leaves to other rows: the newest event, and the value that waits. */
export interface OtherRows {
  readonly envelope: Pick<JobEnvelope, "url" | "details">;
  readonly pending: PendingProgress | null;
}

/** The text of an error among the details; `null` without one. */
function errorIn({ details }: OtherRows["envelope"]): string | null {
  const { error } = details;
  return typeof error === "string" ? error : null;
}

/** Reads a stored state. */
export function stateFrom(stored: StoredState, { envelope, pending }: OtherRows): JobState {
  const { life, window, mark, shown, era, record, heardAt, untold, url, error, ...rest } = stored;
  return {
    ...rest,
    lifecycle: life,
    window: { ...window, pending },
    progress: mark,
    shownProgress: shown,
    lifecycleCount: era,
    lastRecord: record,
    lastUpdateAt: heardAt,
    untold: untold ?? false,
    url: url === undefined ? envelope.url : url,
    error: error === undefined ? errorIn(envelope) : error,
    details: envelope.details,
  };
}

/** Writes a state in its stored form, beside the newest event. */
export function storedStateOf(state: JobState, envelope: OtherRows["envelope"]): StoredState {
  const {
    lifecycle,
    window,
    progress,
    shownProgress,
    lifecycleCount,
    lastRecord,
    lastUpdateAt,
    untold,
    url,
    error,
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
    ...(untold ? { untold } : {}),
    ...(url === envelope.url ? {} : { url }),
    ...(error === errorIn(envelope) ? {} : { error }),
  };
}

/** A job in memory, with what its row holds beside the state; of the event, what that needs. */
export interface JobInMemory extends Omit<StoredJob, "state" | "marks"> {
  readonly state: JobState;
  readonly envelope: OtherRows["envelope"];
  readonly watermarks: Watermarks;
}

/** Writes a job for its newest event's row. */
export const storedJobOf = ({
  epoch,
  state,
  envelope,
  rest,
  watermarks,
}: JobInMemory): StoredJob => ({
  epoch,
  state: storedStateOf(state, envelope),
  marks: watermarks,
  rest,
});
