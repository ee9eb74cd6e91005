// `SOURCES`: who sends webhooks, and how what they send is treated.

import * as z from "zod";
import { isObject } from "../kernel/json.ts";
import { DAY } from "../kernel/time.ts";
import { quote, step } from "../kernel/path.ts";
import { MAX_BODY, RETENTION, STALL_AFTER, THROTTLE, TOLERANCE } from "./defaults.ts";
import {
  between,
  id,
  list,
  NOT_SUPPORTED,
  oneOf,
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
import { PROVIDERS, type ProviderName, type SourceSettings } from "./settings.ts";

/** Providers of the contract that this version refuses by name. */
const LATER_PROVIDERS: ReadonlySet<string> = new Set([
  "standard-webhooks",
  "cloudevents",
  "generic",
]);

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
const account = z
  .string({ error: "must be a string" })
  .regex(ACCOUNT_PATTERN, {
    error: "must be 1 to 128 characters without comma, slash, asterisk or control characters",
  })
  .refine((name) => name !== "." && name !== "..", { error: "must not be . or .." });

/** Keys joined by dots, none of them empty. */
const redactPath = text(256).regex(/^[^.]+(?:\.[^.]+)*$/, {
  error: 'must be a path of keys, as in "emails" or "payload.email"',
});

const FIELDS = {
  id,
  provider: text(64),
  secrets: secretNames,
  verify: oneOf(["none"]),
  account,
  accountPrefix: account,
  throttle: between(0, MAX_THROTTLE, "seconds"),
  stallAfter: between(0, MAX_STALL_AFTER, "seconds"),
  retention: upTo(MAX_RETENTION, "days"),
  tolerance: between(0, MAX_TOLERANCE, "seconds"),
  maxBody: whole(1, MAX_MAX_BODY, "bytes", MAX_BODY_REASON),
  redact: list(redactPath, 64),
};

const SCHEMA = {
  fields: FIELDS,
  required: ["id", "provider"],
  later: ["map", "connect", "poll"],
} as const;

/** A source's id, for those who name it, and its settings when nothing is wrong with it. */
interface SourceReading {
  readonly id: string | undefined;
  readonly settings: SourceSettings | null;
}

/** Reads one entry of `SOURCES`. */
export function readSource(item: Item, reading: Reading): SourceReading {
  const before = reading.problems.length;
  const fields = readTable(SCHEMA, item, reading);
  const provider = providerOf(fields.provider, step(item.path, "provider"), reading);
  const secrets = secretsOf(fields.secrets ?? [], step(item.path, "secrets"), reading);
  if (fields.account !== undefined && fields.accountPrefix !== undefined)
    report(
      reading,
      step(item.path, "accountPrefix"),
      "does not go with account, which fixes the whole name",
    );
  checkVerify(item, fields, reading);
  if (reading.problems.length > before || fields.id === undefined || provider === null)
    return { id: fields.id, settings: null };
  const settings: SourceSettings = {
    id: fields.id,
    provider,
    secrets,
    verify: fields.verify ?? "secrets",
    account: fields.account ?? null,
    accountPrefix: fields.accountPrefix ?? null,
    throttle: millisOr(fields.throttle, THROTTLE),
    stallAfter: millisOr(fields.stallAfter, STALL_AFTER),
    retention:
      fields.retention === undefined ? RETENTION : Math.max(1, Math.round(fields.retention * DAY)),
    tolerance: millisOr(fields.tolerance, TOLERANCE),
    maxBody: fields.maxBody ?? MAX_BODY,
    redact: fields.redact ?? [],
  };
  return { id: fields.id, settings };
}

const millisOr = (seconds: number | undefined, fallback: number): number =>
  seconds === undefined ? fallback : toMillis(seconds);

function providerOf(name: string | undefined, path: string, reading: Reading): ProviderName | null {
  if (name === undefined) return null;
  const known = PROVIDERS.find((provider) => provider === name);
  if (known !== undefined) return known;
  if (LATER_PROVIDERS.has(name)) report(reading, path, `${quote(name)} ${NOT_SUPPORTED}`);
  else
    report(reading, path, `unknown provider ${quote(name)}, it is one of ${PROVIDERS.join(", ")}`);
  return null;
}

/** A source has secrets, or says that nothing verifies its webhooks. */
function checkVerify(item: Item, fields: Fields<typeof FIELDS>, reading: Reading): void {
  const table = item.value;
  if (!isObject(table)) return;
  const given = (key: string): boolean => Object.hasOwn(table, key);
  const hasSecrets = fields.secrets === undefined ? given("secrets") : fields.secrets.length > 0;
  if (hasSecrets && fields.verify === "none")
    report(reading, step(item.path, "verify"), '"none" does not go with secrets');
  if (!hasSecrets && !given("verify"))
    report(reading, step(item.path, "secrets"), 'is required, or verify = "none"');
}
