// From what a provider's event says to the update that a job or an account takes.

import type { SourceSettings } from "../../config/settings.ts";
import { STATUS_OF, type ProviderJobEvent } from "../../model/event.ts";
import type { AccountUpdate, DedupeKey, JobUpdate, RawBody } from "../../model/messages.ts";
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { AccountReport, JobReport, StandardDetails } from "../provider.ts";
import { redact } from "./redact.ts";

/** Keys whose meaning the event reference fixes; a provider's field of that name never takes their place. */
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

/** A job update that still lacks its job: Betterez names none, so the guid may have to be asked for. */
export type JobDraft = Omit<JobUpdate, "guid">;

/** What a request adds to every update made of it. */
export interface Provenance {
  readonly source: SourceSettings;
  readonly key: DedupeKey;
  readonly traceparent: string;
  readonly raw: RawBody | null;
}

/** The account an event belongs to: the fixed one, else the provider's own, else the source's id; the last two prefixed. */
export const accountOf = (source: SourceSettings, own: string | null): string =>
  source.account ?? (source.accountPrefix ?? "") + (own ?? source.id);

/** Makes the update of a job, all but its guid; `details` are already redacted. */
export function draftOf(
  report: JobReport,
  { source, key, traceparent, raw }: Provenance,
): JobDraft {
  return {
    event: report.event,
    source: source.id,
    provider: source.provider,
    account: accountOf(source, report.account),
    key,
    url: report.url,
    current: report.current,
    total: report.total,
    error: report.standard.error ?? null,
    details: redact(detailsOf(report.event, report.standard, report.rest), source.redact),
    occurredAt: report.occurredAt,
    traceparent,
    ...(raw === null ? {} : { raw }),
  };
}

/** Names the job of a draft, in the update and in its `details`. */
export const withGuid = (draft: JobDraft, guid: string): JobUpdate => ({
  ...draft,
  guid,
  details: { guid, ...draft.details },
});

/** Makes the update of an account; the `details` of an attempt are already redacted. */
export function accountUpdateOf(
  report: AccountReport,
  { source, key, traceparent, raw }: Provenance,
): AccountUpdate {
  const account = accountOf(source, report.account);
  const body =
    "details" in report.body
      ? { ...report.body, details: redact(report.body.details, source.redact) }
      : report.body;
  return {
    source: source.id,
    provider: source.provider,
    account,
    key,
    body: { ...body, source: source.id, account },
    traceparent,
    ...(raw === null ? {} : { raw }),
  };
}

function detailsOf(
  event: ProviderJobEvent,
  standard: StandardDetails,
  rest: JsonObject,
): JsonObject {
  const told = Object.entries(standard).filter(
    (entry): entry is [string, Json] => entry[1] !== null && entry[1] !== undefined,
  );
  const others = Object.entries(rest).filter(([name]) => !STANDARD_KEYS.has(name));
  return Object.fromEntries<Json>([["status", STATUS_OF[event]], ...told, ...others]);
}
