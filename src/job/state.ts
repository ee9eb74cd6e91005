// A job as its object remembers it, and as the API and the streams show it.

import type { JobEvent, JobSnapshot } from "../model/event.ts";
import type { JobUpdate } from "../model/messages.ts";
import type { JsonObject } from "../kernel/json.ts";
import { withMembers } from "../kernel/json/members.ts";
import { iso, isoOrNull, type Millis } from "../kernel/time.ts";
import { isEnded, type Lifecycle } from "./lifecycle.ts";
import type { Window } from "./throttle.ts";

/** An update without its raw bytes, which are kept in a column of their own. */
export type StoredUpdate = Omit<JobUpdate, "raw">;

/** A value that waits for its window; `record` is the number of its record. */
export interface PendingProgress {
  readonly update: StoredUpdate;
  readonly record: number;
}

/** Progress of an attempt: what a newer one is compared with. */
export interface Progress {
  readonly current: number | null;
  readonly total: number | null;
  /** Fingerprint of the details, which may hold news when the numbers do not. */
  readonly details: string;
}

/** Everything that decisions about a job read. */
export interface JobState {
  readonly source: string;
  readonly guid: string;
  readonly provider: string;
  readonly account: string;
  readonly lifecycle: Lifecycle;
  readonly window: Window<PendingProgress>;
  /** The best progress of the current attempt, emitted or waiting. */
  readonly progress: Progress | null;
  /** The last emitted progress of the current attempt: nothing is emitted twice. */
  readonly shownProgress: Progress | null;
  /** Number of the last emitted event; 0 before the first. */
  readonly seq: number;
  /** Accepted lifecycle events: a body without an id counts as seen until the next of them. */
  readonly lifecycleCount: number;
  /** Number of the last record that this state includes. */
  readonly lastRecord: number;
  /** The last emitted event, and its values in the members after it. */
  readonly event: JobEvent;
  readonly status: string;
  readonly url: string | null;
  readonly error: string | null;
  readonly current: number | null;
  readonly total: number | null;
  readonly details: JsonObject;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly finishedAt: Millis | null;
  /** When the last update came that was no repetition. */
  readonly lastUpdateAt: Millis;
  /** True from a `job.stalled` until the next update. */
  readonly stalled: boolean;
  /** Updates dropped for newer ones, late ones and contradictions, since the job was created. */
  readonly absorbed: number;
  readonly late: number;
  readonly conflicts: number;
  /** True when the clock has emitted progress since the last answer to an update. */
  readonly untold: boolean;
  /** Of the subscribers that rules name, those that get the job's events; absent: all of them. */
  readonly only?: readonly string[];
}

/** The public form. */
export function snapshotOf(state: JobState): JobSnapshot {
  return {
    source: state.source,
    guid: state.guid,
    account: state.account,
    provider: state.provider,
    status: state.status,
    event: state.event,
    current: state.current,
    total: state.total,
    url: state.url,
    error: state.error,
    attempt: state.lifecycle.attempt,
    seq: state.seq,
    createdAt: iso(state.createdAt),
    updatedAt: iso(state.updatedAt),
    finishedAt: isoOrNull(state.finishedAt),
    stalled: state.stalled,
    absorbed: state.absorbed,
    late: state.late,
    conflicts: state.conflicts,
    // As every event shows them, whatever was redacted.
    details: withMembers(state.details, { guid: state.guid, status: state.status }),
  };
}

/**
 * True when the next answer tells that the clock has emitted progress. When the job has stalled
 * since, the index of its source is told.
 */
export const owesTrailing = ({ untold, event }: JobState): boolean =>
  untold && event !== "job.stalled";

/** True while more updates are expected: such a job can stall. A conversion follows the end. */
export const isOpen = (state: JobState): boolean =>
  !isEnded(state.lifecycle.phase) && !state.event.startsWith("job.convert.");
