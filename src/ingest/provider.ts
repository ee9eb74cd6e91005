// What a provider file has to say: how its requests are signed, and what they mean in our words.

import type { SourceSettings } from "../config/settings.ts";
import type { AttemptEnvelope, ProviderJobEvent, SubscriptionMessage } from "../model/event.ts";
import type { Digest } from "../kernel/hmac.io.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { Result } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";

/** A request as it came; nothing in it is believed yet. */
export interface Arrival {
  /** Header values by name, whatever its case; `null` when absent. */
  readonly headers: { get(name: string): string | null };
  readonly body: Uint8Array<ArrayBuffer>;
  readonly source: SourceSettings;
}

/** How the bytes of a key are made of a secret's text (contract, section 3). */
export type KeyForm = "utf8" | "base64" | "hex" | "whsec";

/** What a request offers as proof; every claim is checked with every secret of the source. */
export type Claims =
  | {
      readonly kind: "hmac";
      readonly digest: Digest;
      readonly key: KeyForm;
      /** The digests that the sender presents; one that matches is enough. */
      readonly presented: readonly Uint8Array[];
      /** What may have been signed, in the order tried; `null` when this body does not give it. */
      readonly bases: readonly (() => Uint8Array<ArrayBuffer> | null)[];
      /** The signed instant; `null` when the scheme has none. */
      readonly timestamp: Millis | null;
    }
  /** The secret itself, as `Authorization: Bearer` carries it. */
  | { readonly kind: "bearer"; readonly token: string };

/** Why a request offers no proof that could be checked. */
export type ClaimFault = "missing" | "malformed";

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
  readonly totalExported?: number | null | undefined;
  readonly total?: number | null | undefined;
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
    | Readonly<{ type: SubscriptionMessage["type"] }>;
}

/** A verified event that the relay does not model. */
export interface Ignored {
  readonly kind: "ignored";
  readonly reason: string;
}

/** What one event of a request means; a batch has several. */
export type ParsedEvent = JobReport | AccountReport | Ignored;

/** What the relay knows about a sender. Both functions are pure. */
export interface Provider {
  /** Reads the proof out of a request whose body is not parsed yet. */
  claims(arrival: Arrival): Result<Claims, ClaimFault>;
  /** Says what the parsed body of a verified request means; `json` is as `parseBody` gives it. */
  read(json: Json, arrival: Arrival): Result<readonly ParsedEvent[], readonly Issue[]>;
}
