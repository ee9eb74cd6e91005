// `SOURCES`: who sends webhooks, and how what they send is treated.

import * as z from "zod/mini";
import { isObject } from "../kernel/json.ts";
import { DAY } from "../kernel/time.ts";
import { step } from "../kernel/json/path.ts";
import { needsSecrets, type CompiledRecipe } from "../ingest/recipe/scheme.ts";
import { secretFault } from "../ingest/recipe/compile/secrets.ts";
import type { Preset } from "../ingest/presets/preset.ts";
import { MAX_BODY, RETENTION, STALL_AFTER, THROTTLE } from "./defaults.ts";
import {
  between,
  flag,
  id,
  list,
  readTable,
  secretNames,
  text,
  toMillis,
  upTo,
  whole,
  type Fields,
} from "./fields.ts";
import { report, type Item, type Reading } from "./reading.ts";
import { secretsOf } from "./secrets.ts";
import {
  readMeaning,
  readRecipe,
  senderNamed,
  type Sender,
  type SenderPlace,
} from "./senders/senders.ts";
import type { SourceSettings } from "./settings.ts";
import { readUpstream } from "./senders/connectors.ts";

/** Longest window: an hour without progress is no progress bar. Seconds. */
const MAX_THROTTLE = 3_600;
/** 30 days, in seconds: the longest a job is kept by default. */
const MAX_STALL_AFTER = 2_592_000;
/** Ten years, in days. */
const MAX_RETENTION = 3_650;
/** A day, in seconds: a signed request older than that is a replay. */
const MAX_TOLERANCE = 86_400;
/** 1 MiB in bytes, which is the default as well. */
const MAX_MAX_BODY = MAX_BODY;
const MAX_BODY_REASON =
  "an event carries its details, and the row of a Durable Object that keeps it holds 2 MB";

/** Accounts stand in channel names, in token patterns (`*`), in lists (`,`) and in paths (`/`). */
const ACCOUNT_PATTERN = /^[^\s,*/\p{Cc}](?:[^,*/\p{Cc}]{0,126}[^\s,*/\p{Cc}])?$/u;
/** Longest configured account or prefix, in UTF-16 units: a prefix stands before an id. */
const MAX_ACCOUNT = 128;

const account = z.string({ error: "must be a string" }).check(
  z.regex(ACCOUNT_PATTERN, {
    error: "must be 1 to 128 characters without comma, slash, asterisk or control characters",
  }),
  // The pattern counts characters. With two halves of 128 units a whole name stays under 255.
  z.refine((name) => name.length <= MAX_ACCOUNT, {
    error: `must be at most ${MAX_ACCOUNT} characters, of which those outside the BMP count twice`,
  }),
  z.refine((name) => name !== "." && name !== "..", { error: "must not be . or .." }),
);

/** Keys joined by dots, none of them empty. */
const redactPath = text(256).check(
  z.regex(/^[^.]+(?:\.[^.]+)*$/, {
    error: 'must be a path of keys, as in "emails" or "payload.email"',
  }),
);

/** The fields of a source, for the configuration reference too. */
export const SOURCE_FIELDS = {
  id,
  provider: text(64),
  secrets: secretNames,
  // Both are judged by their compilers.
  verify: z.unknown(),
  map: z.unknown(),
  account,
  accountPrefix: account,
  throttle: between(0, MAX_THROTTLE, "seconds"),
  stallAfter: between(0, MAX_STALL_AFTER, "seconds"),
  retention: upTo(MAX_RETENTION, "days"),
  tolerance: between(0, MAX_TOLERANCE, "seconds"),
  maxBody: whole(1, MAX_MAX_BODY, "bytes", MAX_BODY_REASON),
  redact: list(redactPath, 64),
  keepRefused: flag,
  // Both are read by `readUpstream`.
  connect: z.unknown(),
  poll: z.unknown(),
};

const SCHEMA = {
  fields: SOURCE_FIELDS,
  required: ["id", "provider"],
} as const;

/** A source's id, for those who name it, and its settings when nothing is wrong with it. */
interface SourceReading {
  readonly id: string | undefined;
  readonly settings: SourceSettings | null;
}

/** Reads one entry of `SOURCES`; `allowPrivate` is about the addresses of public keys. */
export function readSource(item: Item, allowPrivate: boolean, reading: Reading): SourceReading {
  const before = reading.problems.length;
  const fields = readTable(SCHEMA, item, reading);
  if (fields.account !== undefined && fields.accountPrefix !== undefined)
    report(
      reading,
      step(item.path, "accountPrefix"),
      "does not go with account, which fixes the whole name",
    );
  const { provider } = fields;
  const sender =
    provider === undefined ? null : senderNamed(provider, step(item.path, "provider"), reading);
  const place = { path: item.path, allowPrivate };
  const proof = sender === null ? null : readProof(fields, sender, place, reading);
  const secrets = readSecrets(item, fields, proof, reading);
  const meaning = sender === null ? null : readMeaning(fields.map, sender, item.path, reading);
  const upstream = readUpstream(item, provider, allowPrivate, reading);
  const isSound = reading.problems.length === before && proof !== null && meaning !== null;
  if (!isSound || fields.id === undefined || provider === undefined)
    return { id: fields.id, settings: null };
  const defaults = sender?.kind === "preset" ? (sender.preset.fields ?? {}) : {};
  const named = { id: fields.id, provider, secrets, recipe: proof.recipe, meaning, upstream };
  return { id: fields.id, settings: { ...named, ...rest(fields, defaults) } };
}

type SourceFields = Fields<typeof SOURCE_FIELDS>;

/** The settings that stand alone; `defaults` are those of the preset. */
function rest(
  fields: SourceFields,
  defaults: NonNullable<Preset["fields"]>,
): Omit<SourceSettings, "id" | "provider" | "secrets" | "recipe" | "meaning" | "upstream"> {
  const { retention, tolerance } = fields;
  return {
    account: fields.account ?? null,
    accountPrefix: fields.accountPrefix ?? null,
    throttle: millisOr(fields.throttle ?? defaults.throttle, THROTTLE),
    stallAfter: millisOr(fields.stallAfter ?? defaults.stallAfter, STALL_AFTER),
    retention: retention === undefined ? RETENTION : Math.max(1, Math.round(retention * DAY)),
    tolerance: tolerance === undefined ? null : toMillis(tolerance),
    maxBody: fields.maxBody ?? MAX_BODY,
    redact: fields.redact ?? defaults.redact ?? [],
    keepRefused: fields.keepRefused ?? false,
  };
}

const millisOr = (seconds: number | undefined, fallback: number): number =>
  seconds === undefined ? fallback : toMillis(seconds);

/** How a source's requests are proved: by a recipe, or with `"none"` by nothing. */
interface SourceProof {
  readonly recipe: CompiledRecipe | null;
}

function readProof(
  { verify }: SourceFields,
  sender: Sender,
  place: SenderPlace,
  reading: Reading,
): SourceProof | null {
  if (verify === "none") return { recipe: null };
  const recipe = readRecipe(verify, sender, place, reading);
  return recipe === null ? null : { recipe };
}

/**
 * The secrets of a source. One that no way of proof can use would refuse every webhook, and so
 * would a source without any; `proof` is `null` when the recipe itself is wrong.
 */
function readSecrets(
  item: Item,
  fields: SourceFields,
  proof: SourceProof | null,
  reading: Reading,
): readonly string[] {
  const path = step(item.path, "secrets");
  const given = isObject(item.value) && Object.hasOwn(item.value, "secrets");
  const isEmpty = fields.secrets === undefined ? !given : fields.secrets.length === 0;
  const recipe = proof?.recipe ?? null;
  if (!isEmpty && proof !== null && recipe === null)
    report(reading, step(item.path, "verify"), '"none" does not go with secrets');
  if (isEmpty && recipe?.schemes.every(needsSecrets) === true)
    report(reading, path, 'is required, or verify = "none"');
  return secretsOf(fields.secrets ?? [], path, reading, (secret) =>
    recipe === null ? null : secretFault(recipe, secret),
  );
}
