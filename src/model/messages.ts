// What objects send each other. During a deploy old and new code talk to each other, so members are
// only ever added, and added as optional.

import type {
  AttemptEnvelope,
  JobEnvelope,
  JobEvent,
  JobSnapshot,
  ProviderJobEvent,
  RelayEvent,
} from "./event.ts";
import type { Counts, Latency } from "./measures.ts";
import type { JobRest } from "./reduce.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { Millis } from "../kernel/time.ts";

/** The provider's bytes as they came, kept only while a `raw` subscriber needs them. */
export interface RawBody {
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** How an update is recognised when it is sent again. */
export interface DedupeKey {
  /** `id`: the provider's own event id. `body`: a hash of the body, for events without an id. */
  readonly kind: "id" | "body";
  readonly value: string;
}

/** A verified webhook about a job, in our terms, before the job decides on it. */
export interface JobUpdate {
  readonly event: ProviderJobEvent;
  readonly source: string;
  readonly provider: string;
  readonly account: string;
  readonly guid: string;
  readonly key: DedupeKey;
  /** The download URL. */
  readonly url: string | null;
  /**
   * Items done so far and in all; on `job.progress` and, where the provider says, on terminal
   * events.
   */
  readonly current: number | null;
  readonly total: number | null;
  /** True where the job itself counts: `current` is then the number of accepted progress events. */
  readonly counts?: true;
  readonly error: string | null;
  /** Keys of the event reference, and every other field of the provider; already redacted. */
  readonly details: JsonObject;
  /** The provider's own instant. */
  readonly occurredAt: Millis | null;
  /** W3C trace context, continued from the request or begun by it. */
  readonly traceparent: string;
  readonly raw?: RawBody;
  /**
   * Of the subscribers that rules name, the only ones that get the job's events: what an operator
   * chose for a sample. Counts on the update that creates the job. Absent: all of them.
   */
  readonly only?: readonly string[];
}

/** An account-level event before the account gave it an id and a time. */
export type AccountMessage =
  | Omit<AttemptEnvelope, "id" | "time">
  | {
      readonly type: string;
      readonly source: string;
      readonly account: string;
      readonly [field: string]: Json;
    };

/** A verified webhook about an account as a whole; its event without id and time. */
export interface AccountUpdate {
  readonly source: string;
  readonly provider: string;
  readonly account: string;
  readonly key: DedupeKey;
  readonly body: AccountMessage;
  readonly traceparent: string;
  readonly raw?: RawBody;
}

/**
 * An object's answer to an update: what the webhook's 202 says. `events` are the ids emitted by
 * this call.
 */
export interface IngestAnswer {
  readonly result: "accepted" | "duplicate" | "refused";
  readonly events: readonly string[];
  /** Why a refused update was not stored: it names another account than its job's. */
  readonly reason?: "account-mismatch";
  /** Set when the job's clock has emitted progress since its last answer: for counting alone. */
  readonly trailing?: true;
}

/** An emitted event on its way from the object that owns it to those that carry it. */
export interface Dispatch {
  readonly event: RelayEvent;
  readonly provider: string;
  readonly traceparent: string;
  readonly raw?: RawBody;
  /**
   * Set on a replay: one more delivery of an event that was delivered before. Unique per replay.
   */
  readonly replay?: string;
}

/**
 * A job's event on its way to its account: in `seq` order, at least once; the account drops what it
 * has.
 */
export interface Publication {
  readonly event: JobEnvelope;
  /** What the event does not say of the job after it; absent where version 0.1.0 stored it. */
  readonly rest?: JobRest | undefined;
  readonly snapshot: JobSnapshot;
  /** True for an event that the account has already, and of which the snapshot knows more now. */
  readonly amended?: boolean;
  /** True for an event that was never sent before, so that it need not be looked up. */
  readonly first?: boolean;
  /** True for progress after progress: nothing by which jobs are listed has changed. */
  readonly minor?: boolean;
}

/**
 * A row of a source's index of jobs; of progress, only the first after another event is indexed.
 */
export interface JobRef {
  readonly guid: string;
  readonly account: string;
  readonly status: string;
  /** The job's newest event; absent in rows of earlier versions. */
  readonly event?: JobEvent;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** A job's name: the source that sent it, and its id there. */
export interface JobName {
  readonly source: string;
  readonly guid: string;
}

/** A file of a job that an `archive` subscriber has stored. */
export interface ArchivedFile {
  readonly subscriber: string;
  /** The event whose download was stored; earlier versions do not tell its `seq`. */
  readonly eventId: string;
  readonly seq?: number;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
}

/** A refused webhook as the inspector shows it, masked and cut where it was refused. */
export interface Rejection {
  /** Names it for as long as it is kept; absent in records of earlier versions. */
  readonly n?: number;
  /** True while the whole request is kept. */
  readonly kept?: true;
  readonly at: Millis;
  readonly status: number;
  /** The exact reason, which the sender was not told. */
  readonly reason: string;
  readonly method: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of the body; `null` when none was read or none may be kept. */
  readonly body: string | null;
}

/** A refused request as it came, to be ingested again; never shown. */
export interface KeptRequest {
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  /** How the inspector shows it; its `n` names the request. */
  readonly rejection: Rejection;
}

/** An answer as it is given again. */
export interface KeptAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A refused request that was kept, or what was answered when it was ingested again. */
export type Kept = { readonly request: KeptRequest } | { readonly answer: KeptAnswer };

/** What may become of a webhook. */
export const OUTCOMES = ["accepted", "duplicate", "ignored", "refused"] as const;
export type Outcomes = Readonly<Record<(typeof OUTCOMES)[number], number>>;

/** The outcomes of a source's webhooks since the last tally; `rejected`: some refused ones. */
export interface Tally {
  readonly counts: Outcomes;
  /** When a verified webhook came last; `null` when none did. */
  readonly seenAt: Millis | null;
  readonly rejected: readonly Rejection[];
  /** The refused ones by reason, as `wrong-secret`. */
  readonly reasons?: Counts;
  /** The events that they led to, and trailing progress that their answers told, by name. */
  readonly events?: Counts;
  /** How long they took. */
  readonly latency?: Latency;
}
