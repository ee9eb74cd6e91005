// Makes the update that a job or an account gets from what a provider's event says.

import type { SourceSettings } from "../../config/settings.ts";
import { STATUS_OF } from "../../model/event.ts";
import type { AccountUpdate, DedupeKey, JobUpdate, RawBody } from "../../model/messages.ts";
import type { Json, JsonObject } from "../../kernel/json.ts";
import { addMembers, type Members } from "../../kernel/json/members.ts";
import type { AccountReport, JobReport } from "../provider.ts";
import { redactAgain } from "./redact.ts";

/** Keys that the relay fills in itself: a provider's field never takes their place. */
const OWN_KEYS: ReadonlySet<string> = new Set(["guid", "status"]);

/**
 * These, and the keys of the event reference: a provider's field shows under one of those when
 * nothing else does.
 */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  ...OWN_KEYS,
  "url",
  "totalExported",
  "total",
  "download_link",
  "json_url",
  "error",
]);

/** Fields of an update that repeat a member of `details`, and by which names they are redacted. */
const COPIES = {
  url: { key: "download_link", names: ["url"] },
  current: { key: "totalExported", names: ["current"] },
  total: { key: "total", names: [] },
  error: { key: "error", names: [] },
} as const;

/** Paths that redact what the job counts. */
const COUNT_NAMES: ReadonlySet<string> = new Set(["*", "current", "totalExported"]);

/** The update of a run whose guid the correlation object has to tell. */
export type RunUpdate = Omit<JobUpdate, "guid">;

/** What a request adds to every update made of it. */
export interface UpdateOptions {
  readonly source: SourceSettings;
  readonly key: DedupeKey;
  readonly traceparent: string;
  /** The provider's bytes, when a subscriber is to get them unchanged. */
  readonly raw: RawBody | null;
}

/**
 * The account an event belongs to: the fixed one, else the provider's own, else the source's id.
 * The last two get the source's prefix.
 */
export const accountOf = (source: SourceSettings, own: string | null): string =>
  source.account ?? (source.accountPrefix ?? "") + (own ?? source.id);

/**
 * Makes the update of a run, which still lacks its guid. Redacted paths are removed from `details`,
 * and with them the fields that repeat them. The provider's instant is passed on as it came: the
 * job learns from one in the future that the provider's clock is ahead (decision 9).
 */
export const runUpdateOf = (report: JobReport, options: UpdateOptions): RunUpdate =>
  updateOf(report, options, {});

/** Makes the update of the job `guid`, which nothing redacts. */
export const jobUpdateOf = (report: JobReport, guid: string, options: UpdateOptions): JobUpdate =>
  options.source.redact.length === 0
    ? { ...updateOf(report, options, { guid }), guid }
    : withGuid(runUpdateOf(report, options), guid);

/** Names the job of an update, in the update and first in its `details`. */
export const withGuid = (update: RunUpdate, guid: string): JobUpdate => ({
  ...update,
  guid,
  details: addMembers({ guid }, update.details),
});

/** Makes an update; `first` are the members that its `details` begin with. */
function updateOf(report: JobReport, options: UpdateOptions, first: JsonObject): RunUpdate {
  const { redact: paths } = options.source;
  const details = detailsOf(report, first);
  const kept = redactAgain(details, paths);
  const copyOf = <T>(name: keyof typeof COPIES, value: T | null): T | null => {
    if (paths.length === 0) return value;
    const { key, names } = COPIES[name];
    const isRedacted =
      (Object.hasOwn(details, key) && !Object.hasOwn(kept, key)) ||
      paths.some((path) => path === "*" || names.some((one) => one === path));
    return isRedacted ? null : value;
  };
  return {
    event: report.event,
    ...originOf(report.account, options),
    url: copyOf("url", report.url),
    current: copyOf("current", report.current),
    ...(report.counts === true && !paths.some((path) => COUNT_NAMES.has(path))
      ? { counts: true as const }
      : {}),
    total: copyOf("total", report.total),
    error: copyOf("error", report.standard.error ?? null),
    details: kept,
    occurredAt: report.occurredAt,
  };
}

/** Makes the update of an account; the body is already redacted. */
export function accountUpdateOf(report: AccountReport, options: UpdateOptions): AccountUpdate {
  const origin = originOf(report.account, options);
  const { source, account } = origin;
  return { ...origin, body: { ...report.body, source, account } };
}

/** What both kinds of update say about where they come from. */
const originOf = (
  account: string | null,
  { source, key, traceparent, raw }: UpdateOptions,
): Omit<AccountUpdate, "body"> => ({
  source: source.id,
  provider: source.provider,
  account: accountOf(source, account),
  key,
  traceparent,
  ...(raw === null ? {} : { raw }),
});

/** In one pass over the provider's fields: there may be 75,000 of them. */
function detailsOf({ event, standard, rest }: JobReport, first: JsonObject): JsonObject {
  const given: Members = {};
  for (const [name, value] of Object.entries(standard) as [string, Json | undefined][])
    if (value !== null && value !== undefined) given[name] = value;
  const details = addMembers({ ...first, status: STATUS_OF[event] }, given);
  return addMembers(details, rest, (name, value) => {
    if (!KNOWN_KEYS.has(name)) return true;
    return !OWN_KEYS.has(name) && value !== null && !Object.hasOwn(given, name);
  });
}
