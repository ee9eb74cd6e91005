// The parsed configuration: defaults applied, secrets resolved, durations in milliseconds.

import type { CompiledMap } from "../ingest/map/compile.ts";
import type { CompiledRecipe } from "../ingest/recipe/scheme.ts";
import type { LogLevel } from "../kernel/log.io.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Millis } from "../kernel/time.ts";

/** Providers whose bodies are read by code of their own; all others are read by a map. */
export const READERS = [
  "exportcomments",
  "emailengine",
  "betterez",
  "standard-webhooks",
  "cloudevents",
  "generic",
] as const;
/** The name of a provider with code of its own. */
export type ReaderName = (typeof READERS)[number];

/** What says what a body means. */
export type Meaning =
  | { readonly kind: "reader"; readonly reader: ReaderName }
  | { readonly kind: "map"; readonly map: CompiledMap };

/** One source. It holds functions: it cannot be cloned or sent to an object. */
export interface SourceSettings {
  readonly id: string;
  /** A reader's name or a preset's. */
  readonly provider: string;
  /** Secret values, newest first; empty where the recipe needs none. */
  readonly secrets: readonly string[];
  /** How requests are proved; `null` with `verify = "none"`. */
  readonly recipe: CompiledRecipe | null;
  readonly meaning: Meaning;
  /** A fixed account for everything from this source. */
  readonly account: string | null;
  /** Put before the provider's own account id. */
  readonly accountPrefix: string | null;
  /** Least time between two emitted progress events of one job; 0 is off. */
  readonly throttle: Millis;
  /** Silence of an unfinished job before one `job.stalled`; 0 is off. */
  readonly stallAfter: Millis;
  /** How long a job is kept after its last event. */
  readonly retention: Millis;
  /** Accepted skew of signed timestamps, both ways; `null` leaves it to the recipe. */
  readonly tolerance: Millis | null;
  /** Largest accepted body in bytes. */
  readonly maxBody: number;
  /** Paths removed from `details` before anything is stored or forwarded. */
  readonly redact: readonly string[];
  /** Whether refused bodies are kept, to be ingested again once a secret is mended. */
  readonly keepRefused: boolean;
  /** What the relay fetches by itself; `null` for a source of webhooks alone. */
  readonly upstream: UpstreamSettings | null;
}

/** Where a source's connector gets what no webhook says. Holds a secret value. */
export type UpstreamSettings =
  | {
      /** `connect`: a realtime server. */
      readonly kind: "centrifugo";
      /** Of the WebSocket, as `https`, which is how a fetch upgrades. */
      readonly url: string;
      /** Where connection tokens are fetched, by POST. */
      readonly tokenUrl: string;
      readonly tokenHeader: string;
      /** The value of that header. */
      readonly token: string;
    }
  | {
      /** `poll`: the export API of an EmailEngine instance. */
      readonly kind: "emailengine";
      /** Stands before `/v1/…`. */
      readonly url: string;
      readonly token: string;
      /** Time between two looks at one export. */
      readonly every: Millis;
    };

export const FORMATS = ["envelope", "cloudevents", "cloudevents-binary", "raw"] as const;
export type Format = (typeof FORMATS)[number];

/** Where the events of a subscriber go. The last three name bindings of this Worker. */
export type Target =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "service"; readonly binding: string }
  | { readonly kind: "queue"; readonly binding: string }
  | { readonly kind: "archive"; readonly binding: string };

export interface SubscriberSettings {
  readonly id: string;
  readonly target: Target;
  /** Secret values (`whsec_…` or `whsk_…`); every one of them signs. */
  readonly secrets: readonly string[];
  readonly format: Format;
  /** Static headers, lower-case names, `${SECRET}` already replaced. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: Millis;
  /** Waits before attempts 2, 3, …, before jitter. */
  readonly retry: readonly Millis[];
  readonly order: "job" | "none";
  /** A second, slower progress window for this subscriber; 0 is off. */
  readonly throttle: Millis;
  /** Deliveries under way at once. */
  readonly concurrency: number;
  /** Deliveries per second; `null` is no limit. */
  readonly rate: number | null;
  readonly shards: number;
  /** Publish `webhook.event.created` per attempt. */
  readonly attemptEvents: boolean;
  /** Largest file that an archive stores, in bytes as stored. */
  readonly maxArchive: number;
}

/** What a rule matches on. One glob of each list has to match, and every list that is given. */
export interface RuleMatch {
  readonly event?: readonly string[];
  readonly source?: readonly string[];
  readonly provider?: readonly string[];
  readonly account?: readonly string[];
  readonly status?: readonly string[];
}

export interface Rule {
  readonly id: string;
  readonly match: RuleMatch;
  /** A MongoDB-style filter over the envelope, evaluated by `sift`. */
  readonly where: JsonObject | null;
  /** Subscriber ids. */
  readonly to: readonly string[];
}

/** Whose assertions of Cloudflare Access open the API. */
export interface AccessSettings {
  /** The origin of the team: the issuer of its tokens, and where its keys are. */
  readonly issuer: string;
  /** Tags of the applications that protect this relay. */
  readonly audiences: readonly string[];
}

/** The whole configuration. Holds secret values: never log it, never answer with it. */
export interface Settings {
  readonly sources: ReadonlyMap<string, SourceSettings>;
  readonly subscribers: ReadonlyMap<string, SubscriberSettings>;
  readonly rules: readonly Rule[];
  /** Origins of browsers that may open streams besides the relay's own. */
  readonly allowedOrigins: readonly string[];
  readonly allowPrivateUrls: boolean;
  readonly logLevel: LogLevel;
  /** `null`: the API and the console answer 503. */
  readonly adminToken: string | null;
  /** Cloudflare Access beside the admin token; `null` where it is not used. */
  readonly access: AccessSettings | null;
  /** Keys of stream tokens, newest first: the first signs, any verifies; empty: none does. */
  readonly streamSecrets: readonly string[];
}
