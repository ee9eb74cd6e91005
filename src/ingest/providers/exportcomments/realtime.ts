// The realtime envelopes of ExportComments: events of jobs, and delivery attempts of its webhooks.

import { ENVELOPE_VERSION, type ProviderJobEvent } from "../../../model/event.ts";
import { asSent } from "../../../kernel/json/exact-number.ts";
import { isObject, type Json, type JsonObject } from "../../../kernel/json.ts";
import { fault, ok, type Result } from "../../../kernel/result.ts";
import {
  checkId,
  countOrNull,
  firstText,
  membersOf,
  readMembers,
  textOrNull,
  webAddress,
  without,
} from "../../normalize/fields.ts";
import type { Issue, JobReport, ParsedEvent } from "../../provider.ts";
import { eventIdOf, ID_MEMBERS, jobIdOf, SITE } from "./ids.ts";

/** Realtime names, which are ours (the event reference). */
export const REALTIME_EVENTS: readonly ProviderJobEvent[] = [
  "job.created",
  "job.progress",
  "job.finished",
  "job.failed",
  "job.requeued",
  "job.convert.done",
  "job.convert.failed",
  "bulk_download.ready",
  "bulk_download.failed",
];

/** A status: text, or an HTTP status as a number. */
function statusOrNull(value: Json | undefined): string | null {
  const count = countOrNull(value);
  return count === null ? textOrNull(value) : String(count);
}

const DETAILS = {
  guid: textOrNull,
  uuid: textOrNull,
  url: textOrNull,
  totalExported: countOrNull,
  total: countOrNull,
  download_link: textOrNull,
  download_url: textOrNull,
  json_url: textOrNull,
  error: textOrNull,
  status_url: textOrNull,
  responseCode: statusOrNull,
};

/** Only a job id is needed; a field that is not usable counts as left out. */
const ENVELOPE = {
  ...ID_MEMBERS,
  status: statusOrNull,
  url: textOrNull,
  current: countOrNull,
  total: countOrNull,
  error: textOrNull,
  details: (value: Json | undefined) => (isObject(value) ? readMembers(value, DETAILS) : null),
};

const ENVELOPE_KEYS: readonly string[] = [
  "version",
  "event",
  "guid",
  "status",
  "url",
  "details",
  "current",
  "total",
];

/** Reads the envelope of a job as `event`. */
export function readRealtime(
  event: ProviderJobEvent,
  json: Json,
): Result<readonly ParsedEvent[], readonly Issue[]> {
  const body = readMembers(membersOf(json), ENVELOPE);
  const { details } = body;
  const guid = jobIdOf([body.guid, details?.guid], [body.status_url, details?.status_url]);
  if (!guid.ok) return guid;
  const link = details?.download_link ?? details?.download_url ?? null;
  const url = webAddress(body.url, SITE) ?? webAddress(link, SITE);
  const rest = restOf(json);
  const report: JobReport = {
    kind: "job",
    event,
    subject: { kind: "guid", guid: guid.value },
    account: null,
    key: eventIdOf(body),
    url,
    current: body.current ?? details?.totalExported ?? null,
    total: body.total ?? details?.total ?? null,
    standard: {
      url: details?.url,
      totalExported: asSent(
        details?.totalExported ?? body.current,
        rest["totalExported"],
        membersOf(json)["current"],
      ),
      total: asSent(details?.total ?? body.total, rest["total"], membersOf(json)["total"]),
      download_link: webAddress(link, SITE) ?? link ?? (event === "job.finished" ? url : null),
      json_url: webAddress(details?.json_url, SITE) ?? details?.json_url,
      error: details?.error ?? body.error,
    },
    rest,
    occurredAt: null,
  };
  return ok([report]);
}

/** Reads a delivery attempt of ExportComments' own webhooks, which is passed on as it is. */
export function readAttempt(json: Json): Result<readonly ParsedEvent[], readonly Issue[]> {
  const body = readMembers(membersOf(json), ENVELOPE);
  const id = firstText(body.guid, body.details?.uuid);
  const status = firstText(body.status, body.details?.responseCode);
  if (id === null) return fault([{ path: "guid", message: "an attempt needs an id" }]);
  const guid = checkId(id, "guid");
  if (!guid.ok) return guid;
  if (status === null)
    return fault([{ path: "status", message: "an attempt needs an HTTP status" }]);
  const envelope = {
    version: ENVELOPE_VERSION,
    event: "webhook.event.created",
    guid: guid.value,
    status,
    url: body.url ?? null,
    details: restOf(json),
  } as const;
  return ok([{ kind: "account", account: null, key: eventIdOf(body), body: envelope }]);
}

/**
 * What an envelope has beside its own members, its numbers under the names of the event reference,
 * and everything in its `details`.
 */
function restOf(json: Json): JsonObject {
  const { current, total, details } = membersOf(json);
  const isEmpty = isObject(details) || (Array.isArray(details) && details.length === 0);
  const first = {
    ...(current === undefined ? {} : { totalExported: current }),
    ...(total === undefined ? {} : { total }),
  };
  const isAbsent = isEmpty || details === undefined || details === null;
  return without(json, ENVELOPE_KEYS, { first, last: isAbsent ? membersOf(details) : { details } });
}
