// Types of events by their names, for code that receives them: a name narrows what it is told of.

import type { JsonObject } from "../kernel/json.ts";
import type { ENVELOPE_VERSION, JobEnvelope, JobEvent } from "./event.ts";

/** Members that only `job.progress` has. */
type ProgressOnly = "current" | "total" | "absorbed";

/** A job's event by its name; a union of names is a union of events. */
export type JobEventOf<Name extends JobEvent> = Name extends "job.progress"
  ? JobEnvelope & { readonly event: Name }
  : Name extends JobEvent
    ? Omit<JobEnvelope, ProgressOnly> & { readonly event: Name }
    : never;

/** What the relay says of its own operation. */
export type OperationalEvent =
  | "relay.subscriber.failing"
  | "relay.subscriber.recovered"
  | "relay.subscriber.disabled"
  | "relay.source.refusing";

/** An operational event; `guid` is the id of the subscriber or of the source that it is about. */
export interface OperationalEnvelope {
  readonly version: typeof ENVELOPE_VERSION;
  readonly event: OperationalEvent;
  readonly guid: string;
  readonly status: string;
  readonly url: string | null;
  readonly details: JsonObject;
  readonly id: string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
}
