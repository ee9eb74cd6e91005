// `SUBSCRIBERS`: who gets the events, where, and how patiently.

import * as z from "zod/mini";
import { isObject } from "../kernel/json.ts";
import { quote, step } from "../kernel/json/path.ts";
import * as defaults from "./defaults.ts";
import {
  between,
  flag,
  id,
  list,
  oneOf,
  readTable,
  secretNames,
  text,
  toMillis,
  upTo,
  whole,
  type Fields,
} from "./fields.ts";
import { headersOf } from "./headers.ts";
import { report, varOf, type Item, type Reading } from "./reading.ts";
import { signingSecretsOf } from "./secrets.ts";
import { FORMATS, type SubscriberSettings, type Target } from "./settings.ts";
import { checkUrl } from "./url-policy.ts";

/** Seconds: Standard Webhooks' 30 s with room for slow receivers. */
const MAX_TIMEOUT = 60;
/** A week in seconds: a failing subscriber is disabled after five days. */
const MAX_RETRY_WAIT = 604_800;
/** Attempts beyond this tell nothing new. */
const MAX_RETRIES = 50;
/** An hour in seconds, as for sources. */
const MAX_THROTTLE = 3_600;
/** Deliveries at once; more belongs into more shards. */
const MAX_CONCURRENCY = 64;
/** Deliveries per second. */
const MAX_RATE = 10_000;
/** Objects per subscriber. */
const MAX_SHARDS = 64;
/** Bytes of the largest object in R2 (R2 limits, 2026-10: 5 TB). */
const MAX_ARCHIVE = 5_000_000_000_000;
/** Characters of a header before secrets are filled in; Workers bound all headers at 128 KB. */
const MAX_HEADER = 4_096;

const headerValue = z
  .string({ error: "must be a string" })
  .check(z.maxLength(MAX_HEADER, { error: `must have at most ${MAX_HEADER} characters` }));

/** The fields of a subscriber, for the configuration reference too. */
export const SUBSCRIBER_FIELDS = {
  id,
  url: text(2_048),
  service: text(128),
  queue: text(128),
  archive: text(128),
  secrets: secretNames,
  format: oneOf(FORMATS),
  headers: z.record(z.string(), headerValue, { error: "must be a table of names and values" }),
  timeout: upTo(MAX_TIMEOUT, "seconds"),
  retry: list(between(0, MAX_RETRY_WAIT, "seconds"), MAX_RETRIES),
  order: oneOf(["job", "none"]),
  throttle: between(0, MAX_THROTTLE, "seconds"),
  concurrency: whole(1, MAX_CONCURRENCY, "deliveries"),
  rate: upTo(MAX_RATE, "deliveries per second"),
  shards: whole(1, MAX_SHARDS, "objects"),
  attemptEvents: flag,
  maxArchive: whole(1, MAX_ARCHIVE, "bytes"),
};

const SCHEMA = { fields: SUBSCRIBER_FIELDS, required: ["id"] } as const;

/** A subscriber's id, for those who name it, and its settings when nothing is wrong with it. */
interface SubscriberReading {
  readonly id: string | undefined;
  readonly settings: SubscriberSettings | null;
}

/** Reads one entry of `SUBSCRIBERS`; `allowPrivate` is `ALLOW_PRIVATE_URLS`. */
export function readSubscriber(
  item: Item,
  allowPrivate: boolean,
  reading: Reading,
): SubscriberReading {
  const before = reading.problems.length;
  const fields = readTable(SCHEMA, item, reading);
  const target = targetOf(item, fields, allowPrivate, reading);
  const secrets = signingSecretsOf(fields.secrets ?? [], step(item.path, "secrets"), reading);
  const headers = headersOf(fields.headers ?? {}, step(item.path, "headers"), reading);
  // A receiver on the open internet can tell the relay from a stranger by the signature alone.
  if (
    given(item.value, "url") &&
    (given(item.value, "secrets") ? fields.secrets?.length === 0 : true)
  )
    report(reading, step(item.path, "secrets"), "is required for a url");
  if (reading.problems.length > before || fields.id === undefined || target === null)
    return { id: fields.id, settings: null };
  const settings: SubscriberSettings = {
    id: fields.id,
    target,
    secrets,
    format: fields.format ?? defaults.FORMAT,
    headers,
    timeout: fields.timeout === undefined ? defaults.TIMEOUT : toMillis(fields.timeout),
    retry: fields.retry === undefined ? defaults.RETRY : fields.retry.map(toMillis),
    order: fields.order ?? defaults.ORDER,
    throttle:
      fields.throttle === undefined ? defaults.SUBSCRIBER_THROTTLE : toMillis(fields.throttle),
    concurrency: fields.concurrency ?? defaults.CONCURRENCY,
    rate: fields.rate ?? null,
    shards: fields.shards ?? defaults.SHARDS,
    attemptEvents: fields.attemptEvents ?? defaults.ATTEMPT_EVENTS,
    maxArchive: fields.maxArchive ?? defaults.MAX_ARCHIVE,
  };
  return { id: fields.id, settings };
}

const TARGETS = ["url", "service", "queue", "archive"] as const;

const given = (table: unknown, key: string): boolean =>
  isObject(table) && Object.hasOwn(table, key);

function targetOf(
  item: Item,
  fields: Fields<typeof SUBSCRIBER_FIELDS>,
  allowPrivate: boolean,
  reading: Reading,
): Target | null {
  const kinds = TARGETS.filter((kind) => given(item.value, kind));
  const [kind] = kinds;
  const has = `, it has ${kinds.join(", ")}`;
  if (isObject(item.value) && kinds.length !== 1)
    report(
      reading,
      item.path,
      `needs exactly one of ${TARGETS.join(", ")}${kind === undefined ? "" : has}`,
    );
  // Each of several targets is judged, so that all problems show at once.
  const targets = kinds.map((each) =>
    each === "url"
      ? urlTarget(fields.url, item, allowPrivate, reading)
      : bindingTarget(each, fields[each], item, reading),
  );
  return targets[0] ?? null;
}

function urlTarget(
  url: string | undefined,
  item: Item,
  allowPrivate: boolean,
  reading: Reading,
): Target | null {
  if (url === undefined) return null;
  const checked = checkUrl(url, { allowPrivate });
  if (checked.ok) return { kind: "url", url: checked.value.href };
  report(reading, step(item.path, "url"), checked.fault);
  return null;
}

type BindingKind = Exclude<(typeof TARGETS)[number], "url">;

/** Any object is taken for a binding: in workerd they may be proxies that claim any method. */
function bindingTarget(
  kind: BindingKind,
  name: string | undefined,
  item: Item,
  reading: Reading,
): Target | null {
  if (name === undefined) return null;
  const binding = varOf(reading.vars, name);
  if (typeof binding === "function" || isObject(binding)) return { kind, binding: name };
  report(reading, step(item.path, kind), `no binding ${quote(name)}`);
  return null;
}
