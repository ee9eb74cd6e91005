// What may be decided about an update: an event to emit, a record to keep, or nothing.

import type { JobEvent } from "../model/event.ts";
import type { JobState, StoredUpdate } from "./state.ts";

/**
 * Why an update is kept without being emitted. A duplicate is kept when it has an id of its own,
 * because that id may be sent again. An amendment adds what an emitted end lacked.
 */
export type RecordReason = "absorbed" | "late" | "conflict" | "unchanged" | "duplicate" | "amended";

/** An event to emit; the caller adds id, time and destinations, and stores `state` with it. */
export interface Emission {
  readonly event: JobEvent;
  /** The update that is emitted; `null` for the relay's own events, which repeat the last one. */
  readonly update: StoredUpdate | null;
  /** Number of the record that holds the raw bytes of a value that waited; `null` without one. */
  readonly record: number | null;
  /** Earlier updates dropped in favour of this one. */
  readonly absorbed: number;
  /** The state after the event, its `seq` counted. */
  readonly state: JobState;
}

/** Why an update is refused: it names another account than the job's. */
export type RefusalReason = "account-mismatch";

/** The outcome of one update. Only an event and a record are stored. */
export type Decision =
  | { readonly kind: "emit"; readonly emission: Emission }
  | { readonly kind: "record"; readonly reason: RecordReason }
  | { readonly kind: "duplicate" }
  | { readonly kind: "refused"; readonly reason: RefusalReason };
