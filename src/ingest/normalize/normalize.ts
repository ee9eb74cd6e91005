// Makes the update that a job or an account gets from what a provider's event says.

import type { SourceSettings } from "../../config/settings.ts";
import { STATUS_OF } from "../../model/event.ts";
import type { AccountUpdate, DedupeKey, JobUpdate, RawBody } from "../../model/messages.ts";
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { AccountReport, JobReport } from "../provider.ts";
import { redact } from "./redact.ts";

/** Keys whose meaning the event reference fixes; a provider's field never takes their place. */
const STANDARD_KEYS: ReadonlySet<string> = new Set([
  "guid",
  "status",
  "url",
  "totalExported",
  "total",
  "download_link",
  "json_url",
  "error",
]);

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

/** Makes the update of a run, which still lacks its guid; `details` are redacted. */
export function runUpdateOf(report: JobReport, options: UpdateOptions): RunUpdate {
  const { source } = options;
  return {
    event: report.event,
    ...originOf(report.account, options),
    url: report.url,
    current: report.current,
    total: report.total,
    error: report.standard.error ?? null,
    details: redact(detailsOf(report), source.redact),
    occurredAt: report.occurredAt,
  };
}

/** Names the job of an update, in the update and first in its `details`. */
export const withGuid = (update: RunUpdate, guid: string): JobUpdate => ({
  ...update,
  guid,
  details: { guid, ...update.details },
});

/** Makes the update of an account; the `details` of an attempt are redacted. */
export function accountUpdateOf(report: AccountReport, options: UpdateOptions): AccountUpdate {
  const { source } = options;
  const origin = originOf(report.account, options);
  const body =
    "details" in report.body
      ? { ...report.body, details: redact(report.body.details, source.redact) }
      : report.body;
  return { ...origin, body: { ...body, source: source.id, account: origin.account } };
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

function detailsOf({ event, standard, rest }: JobReport): JsonObject {
  const given = Object.entries(standard).filter(
    (entry): entry is [string, Json] => entry[1] !== null && entry[1] !== undefined,
  );
  const others = Object.entries(rest).filter(([name]) => !STANDARD_KEYS.has(name));
  return Object.fromEntries<Json>([["status", STATUS_OF[event]], ...given, ...others]);
}
