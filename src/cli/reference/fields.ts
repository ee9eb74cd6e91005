// What each setting is for, its default and an example: the text of the configuration reference.
// Types and limits come from the schemas that judge the configuration.

import type { POLL, CONNECT } from "../../config/senders/connectors.ts";
import type { RULE_FIELDS } from "../../config/rules.ts";
import type { SOURCE_FIELDS } from "../../config/sources.ts";
import type { SUBSCRIBER_FIELDS } from "../../config/subscribers.ts";

/** One setting. */
export interface FieldText {
  readonly text: string;
  /** What holds when it is left out; none for a setting that is needed. */
  readonly byDefault?: string;
  /** TOML, without the name. */
  readonly example: string;
}

type Texts<T> = Readonly<Record<keyof T & string, FieldText>>;

export const SOURCE_TEXTS: Texts<typeof SOURCE_FIELDS> = {
  id: { text: "The name of the source. Its address is `/hooks/{id}`", example: '"comments"' },
  provider: {
    text: "Who sends: a reader (`exportcomments`, `emailengine`, `betterez`, `standard-webhooks`, `cloudevents`, `generic`) or a [preset](presets.md)",
    example: '"exportcomments"',
  },
  secrets: {
    text: "Names of Worker secrets, newest first. Any of them verifies",
    byDefault: "needed, unless the recipe has public keys or `verify` is `none`",
    example: '["COMMENTS_SECRET"]',
  },
  verify: {
    text: 'How requests are proved: `"none"`, the name of a recipe or preset, a recipe, or a list ([senders.md](senders.md)). `check` warns of `none`',
    byDefault: "the provider's own",
    example: '"github"',
  },
  map: {
    text: "What bodies mean: a preset's name or a table of expressions ([senders.md](senders.md))",
    byDefault: "the provider's own",
    example: '"replicate"',
  },
  account: {
    text: "One account for everything from this source",
    byDefault: "the provider's account, else the source's id",
    example: '"acme"',
  },
  accountPrefix: {
    text: "Stands before the provider's account. Does not go with `account`",
    byDefault: "none",
    example: '"mail-"',
  },
  throttle: {
    text: "Seconds between two progress events of a job. 0 lets every update through",
    byDefault: "5",
    example: "2.5",
  },
  stallAfter: {
    text: "Seconds of silence of an unfinished job before one `job.stalled`. 0 turns it off",
    byDefault: "3600",
    example: "600",
  },
  retention: {
    text: "Days that a job is kept after its last event. A job outlives its deliveries that still wait",
    byDefault: "30",
    example: "7",
  },
  tolerance: {
    text: "Seconds that a signed timestamp may be from the relay's clock",
    byDefault: "300, or what the recipe says",
    example: "600",
  },
  maxBody: {
    text: "Largest accepted body in bytes",
    byDefault: "1048576 (1 MiB)",
    example: "65536",
  },
  redact: {
    text: "Paths in `details` that are removed before anything is stored or forwarded, with every copy: `error`, `current`, `total`, `url`, the snapshot. A `raw` subscriber gets the whole body; `check` warns of it",
    byDefault: "nothing, or what the preset removes",
    example: '["emails", "payload.email"]',
  },
  keepRefused: {
    text: "Keeps refused bodies, at most 1 MiB a day, to be ingested again by `POST /v1/sources/{id}/rejected/{n}/retry` once a secret is mended",
    byDefault: "false",
    example: "true",
  },
  connect: {
    text: "A realtime server from which the relay fetches progress ([below](#realtime-connect))",
    byDefault: "none",
    example:
      '{ kind = "centrifugo", url = "wss://rt.example.com/connection/websocket", tokenUrl = "https://example.com/token", tokenHeader = "X-AUTH-TOKEN", tokenSecret = "RT_TOKEN" }',
  },
  poll: {
    text: "The address of EmailEngine, whose exports the relay polls ([below](#polling-poll))",
    byDefault: "none",
    example: '{ url = "https://mail.example.com", tokenSecret = "EMAILENGINE_TOKEN", every = 5 }',
  },
};

export const CONNECT_TEXTS: Texts<typeof CONNECT.fields> = {
  kind: { text: "The protocol of the server", example: '"centrifugo"' },
  url: { text: "Its address", example: '"wss://rt.example.com/connection/websocket"' },
  tokenUrl: { text: "Where a token for it is fetched", example: '"https://example.com/token"' },
  tokenHeader: { text: "The header that carries the secret there", example: '"X-AUTH-TOKEN"' },
  tokenSecret: { text: "The name of the secret", example: '"RT_TOKEN"' },
};

export const POLL_TEXTS: Texts<typeof POLL.fields> = {
  url: { text: "The address of EmailEngine", example: '"https://mail.example.com"' },
  tokenSecret: {
    text: "The name of the secret that holds its access token",
    example: '"EMAILENGINE_TOKEN"',
  },
  every: { text: "Seconds between two polls of an export", byDefault: "5", example: "10" },
};

export const SUBSCRIBER_TEXTS: Texts<typeof SUBSCRIBER_FIELDS> = {
  id: { text: "The name of the subscriber", example: '"crm"' },
  url: {
    text: "Where events are posted: public and https, unless `ALLOW_PRIVATE_URLS` is true. A subscriber has exactly one of `url`, `service`, `queue` and `archive`",
    byDefault: "one of the four is needed",
    example: '"https://crm.example.com/hooks/jobs"',
  },
  service: {
    text: "The name of a service binding",
    byDefault: "one of the four is needed",
    example: '"BACKEND"',
  },
  queue: {
    text: "The name of a Queue producer binding",
    byDefault: "one of the four is needed",
    example: '"JOBS"',
  },
  archive: {
    text: "The name of an R2 binding that stores the files of finished jobs ([below](#archives))",
    byDefault: "one of the four is needed",
    example: '"EXPORTS"',
  },
  secrets: {
    text: "Names of secrets `whsec_…` (HMAC) or `whsk_…` (ed25519). Every one of them signs, so that they can be rotated. `npm run relay -- secret` makes one",
    byDefault: "needed for a `url`",
    example: '["CRM_SIGNING_SECRET"]',
  },
  format: { text: "The form of what is sent", byDefault: "`envelope`", example: '"cloudevents"' },
  headers: {
    text: 'Further headers. `"${SECRET_NAME}"` is replaced by that secret, anywhere in a value',
    byDefault: "none",
    example: '{ authorization = "Bearer ${CRM_TOKEN}" }',
  },
  timeout: { text: "Seconds that one attempt may take", byDefault: "15", example: "30" },
  retry: {
    text: "Seconds before attempts 2, 3, …, with ±20 % jitter",
    byDefault: "5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400",
    example: "[10, 60, 600]",
  },
  order: {
    text: "`job` keeps the order of each job's events; `none` does not",
    byDefault: "`job`",
    example: '"none"',
  },
  throttle: {
    text: "Seconds of a second, slower progress window for this subscriber. 0 turns it off",
    byDefault: "0",
    example: "60",
  },
  concurrency: {
    text: "Deliveries at the same time. One object has 6 connections: `check` warns of more without `shards`",
    byDefault: "4",
    example: "6",
  },
  rate: { text: "Deliveries per second", byDefault: "no limit", example: "20" },
  shards: { text: "How many objects share the work", byDefault: "1", example: "4" },
  attemptEvents: {
    text: "Publish `webhook.event.created` for each attempt on the account's channel",
    byDefault: "true",
    example: "false",
  },
  maxArchive: {
    text: "Largest file that an archive stores, in bytes as stored. A larger one is cancelled with the reason, and nothing of it stays",
    byDefault: "5000000000 (5 GB)",
    example: "1000000000",
  },
};

export const RULE_TEXTS: Texts<typeof RULE_FIELDS> = {
  id: { text: "The name of the rule", example: '"ends-to-crm"' },
  match: {
    text: "Any of `event`, `source`, `provider`, `account`, `status`: a glob or a list of globs. All given must match",
    byDefault: "every event",
    example: '{ event = ["job.finished", "job.failed"], source = "comments" }',
  },
  where: {
    text: "A MongoDB-style filter over the envelope. Numbers are compared by value. `$regex` takes patterns without lookaround and references back, and looks at the first 16,384 characters",
    byDefault: "every event that `match` lets through",
    example: '{ "details.skipRate" = { "$gt" = 0.1 } }',
  },
  to: { text: "Ids of the subscribers that get the event", example: '["crm"]' },
};

/** Vars and secrets beside the lists. */
export const VAR_TEXTS: Readonly<Record<string, FieldText & { readonly isSecret?: true }>> = {
  ADMIN_TOKEN: {
    text: "Opens the API and the console. Without it they answer 503",
    byDefault: "closed",
    example: "a random text of 32 characters or more",
    isSecret: true,
  },
  STREAM_SECRET: {
    text: "Signs stream tokens (HS256). Several keys with commas or blanks between them, newest first, are a rotation",
    byDefault: "no stream token is valid",
    example: "a random text of 32 characters or more",
    isSecret: true,
  },
  ALLOWED_ORIGINS: {
    text: "Origins, besides the relay's own, whose pages may open streams",
    byDefault: "none",
    example: '["https://app.example.com"]',
  },
  ALLOW_PRIVATE_URLS: {
    text: "Subscribers and connectors may be private addresses, over plain http. For development",
    byDefault: "false",
    example: "true",
  },
  LOG_LEVEL: {
    text: "The least important line that is written",
    byDefault: "`info`",
    example: '"debug"',
  },
  JURISDICTION: {
    text: "Where all data is kept by law. It is part of every object's id: change it only while the relay is empty ([deploy.md](deploy.md#placement))",
    byDefault: "none",
    example: '"eu"',
  },
  LOCATION_HINT: {
    text: "The region in which new objects are placed ([deploy.md](deploy.md#placement))",
    byDefault: "near the first request",
    example: '"weur"',
  },
  ACCESS_TEAM_DOMAIN: {
    text: "The team of Cloudflare Access, whose tokens open the API beside the admin token ([deploy.md](deploy.md#cloudflare-access))",
    byDefault: "off",
    example: '"acme.cloudflareaccess.com"',
  },
  ACCESS_AUD: {
    text: "The audience tag of the Access application; several with commas between them. Goes with `ACCESS_TEAM_DOMAIN`",
    byDefault: "off",
    example: '"4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"',
  },
};
