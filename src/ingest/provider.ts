// What a provider has to say: what a verified request means in our words.

import type { SourceSettings } from "../config/settings.ts";
import type { AttemptEnvelope, ProviderJobEvent } from "../model/event.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { Result } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";

/** A verified request. */
export interface Arrival {
  /** A `Headers` object: values by name, whatever its case, and all of them by lower-case name. */
  readonly headers: {
    get(name: string): string | null;
    entries(): Iterable<readonly [name: string, value: string]>;
  };
  /** The whole address that was called. */
  readonly url: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly source: SourceSettings;
  /** The event's id in the header that the recipe names; `null` where it names none. */
  readonly id: string | null;
  readonly now: Millis;
}

/** One place in a body that is malformed; `path` is dotted, `""` is the whole body. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/**
 * The keys of the event reference in `details`, besides `guid` and `status`. A key that is left out
 * shows what the provider sent under that name, usable or not.
 */
export interface StandardDetails {
  /** The address that is exported, not the download. */
  readonly url?: string | null | undefined;
  /** Counts are as they were sent, which may be a number in its inner form. */
  readonly totalExported?: number | string | null | undefined;
  readonly total?: number | string | null | undefined;
  readonly download_link?: string | null | undefined;
  readonly json_url?: string | null | undefined;
  readonly error?: string | null | undefined;
}

/** Which job an event belongs to: named, or found by what the events of one run have in common. */
export type Subject =
  | { readonly kind: "guid"; readonly guid: string }
  | {
      readonly kind: "run";
      /** Equal texts are runs of one key; hashed before it is used. */
      readonly context: string;
      readonly phase: "started" | "completed";
      readonly createdAt: Millis | null;
      /** Stands before the guid that the relay makes up for a new run. */
      readonly guidPrefix: string;
    };

/** What an event says about a job. Members that the provider left out are `null`. */
export interface JobReport {
  readonly kind: "job";
  readonly event: ProviderJobEvent;
  readonly subject: Subject;
  /** The provider's own account id. */
  readonly account: string | null;
  /** The provider's own event id; without one the body's hash takes its place. */
  readonly key: string | null;
  /** The download URL. */
  readonly url: string | null;
  readonly current: number | null;
  /**
   * True where the job counts: `current` becomes the number of progress events that the attempt
   * has accepted.
   */
  readonly counts?: true;
  readonly total: number | null;
  readonly standard: StandardDetails;
  /** Every other field that the provider sent. */
  readonly rest: JsonObject;
  readonly occurredAt: Millis | null;
}

/** What an event says about an account as a whole. `source` and `account` are filled in later. */
export interface AccountReport {
  readonly kind: "account";
  readonly account: string | null;
  readonly key: string | null;
  readonly body:
    | Omit<AttemptEnvelope, "id" | "time" | "source" | "account">
    | Readonly<{ type: string }>;
}

/** A verified event that the relay does not model. */
export interface Ignored {
  readonly kind: "ignored";
  readonly reason: string;
}

/** What one event of a request means; a batch has several. */
export type ParsedEvent = JobReport | AccountReport | Ignored;

/** What the relay knows about the bodies of a sender; pure. */
export interface Provider {
  /** Says what the parsed body of a verified request means; `json` is as `parseBody` gives it. */
  read(json: Json, arrival: Arrival): Result<readonly ParsedEvent[], readonly Issue[]>;
  /** True when `read` derives nothing from what the source redacts. */
  readonly redacts?: true;
}
