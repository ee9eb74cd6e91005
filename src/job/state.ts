// A job as its object remembers it, and as the API and the streams show it.

import type { JobEvent, JobSnapshot } from "../model/event.ts";
import type { JobUpdate } from "../model/messages.ts";
import type { JsonObject } from "../kernel/json.ts";
import { iso, isoOrNull, type Millis } from "../kernel/time.ts";
import { isEnded, type Life } from "./lifecycle.ts";
import type { Window } from "./throttle.ts";

/** An update without its raw bytes, which are kept in a column of their own. */
export type StoredUpdate = Omit<JobUpdate, "raw">;

/** A value that waits for its window; `record` is the number of the recorded row that holds its raw bytes. */
export interface PendingProgress {
  readonly update: StoredUpdate;
  readonly record: number;
}

/** The best progress of the current attempt, emitted or waiting: what a newer one is measured against. */
export interface Progress {
  readonly current: number | null;
  readonly total: number | null;
  /** Fingerprint of the details' canonical text, to tell a repeated value from one with news beside its numbers. */
  readonly details: string;
}

/** Everything that decisions about a job read; stored as one JSON row, then brought up to date by the records after it. */
export interface JobState {
  readonly source: string;
  readonly guid: string;
  readonly provider: string;
  readonly account: string;
  readonly life: Life;
  readonly window: Window<PendingProgress>;
  readonly mark: Progress | null;
  /** The last emitted progress of the current attempt: nothing is emitted twice. */
  readonly shown: Progress | null;
  /** Number of the last emitted event; 0 before the first. */
  readonly seq: number;
  /** Counts accepted lifecycle events: a body without an id counts as seen within one era only. */
  readonly era: number;
  /** Number of the last recorded row that this state has taken in. */
  readonly record: number;
  /** The last emitted event and what it said. */
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
  /** When the provider was heard last. */
  readonly heardAt: Millis;
  /** True between a `job.stalled` and the next word of the provider. */
  readonly stalled: boolean;
  /** Updates dropped in favour of newer ones, late ones and contradictions, over the whole life of the job. */
  readonly absorbed: number;
  readonly late: number;
  readonly conflicts: number;
}

/** The public form (contract, section 8). */
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
    attempt: state.life.attempt,
    seq: state.seq,
    createdAt: iso(state.createdAt),
    updatedAt: iso(state.updatedAt),
    finishedAt: isoOrNull(state.finishedAt),
    stalled: state.stalled,
    absorbed: state.absorbed,
    late: state.late,
    conflicts: state.conflicts,
    details: state.details,
  };
}

/** True while the job may still be heard of: such a job can stall. A conversion says that the export itself is over. */
export const isOpen = (state: JobState): boolean =>
  !isEnded(state.life.phase) && !state.event.startsWith("job.convert.");
