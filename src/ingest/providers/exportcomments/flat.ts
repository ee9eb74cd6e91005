// The flat form of ExportComments: the webhooks `export.*`, in a long and a short version.

import type { ProviderJobEvent } from "../../../model/event.ts";
import { asSent } from "../../../kernel/json/exact-number.ts";
import type { Json, JsonObject } from "../../../kernel/json.ts";
import { ok, type Result } from "../../../kernel/result.ts";
import { parseIso, type Millis } from "../../../kernel/time.ts";
import {
  countOrNull,
  membersOf,
  readMembers,
  textOrNull,
  webAddress,
  without,
  type ReadMembers,
} from "../../normalize/fields.ts";
import type { Issue, JobReport, ParsedEvent } from "../../provider.ts";
import { eventIdOf, ID_MEMBERS, jobIdOf, SITE } from "./ids.ts";

/** Webhook names and ours (docs.exportcomments.com/webhooks). */
export const FLAT_EVENTS: ReadonlyMap<string, ProviderJobEvent> = new Map([
  ["export.created", "job.created"],
  ["export.finished", "job.finished"],
  ["export.failed", "job.failed"],
  ["export.requeued", "job.requeued"],
]);

/**
 * Long as the vendor's Zapier samples show it, or short as the security page does. Only a job id is
 * needed; a field that is not usable counts as left out.
 */
const MEMBERS = {
  ...ID_MEMBERS,
  url: textOrNull,
  total: countOrNull,
  total_exported: countOrNull,
  comments_count: countOrNull,
  download_url: textOrNull,
  json_url: textOrNull,
  error: textOrNull,
  error_message: textOrNull,
  created_at: textOrNull,
  updated_at: textOrNull,
  exported_at: textOrNull,
};
type Flat = ReadMembers<typeof MEMBERS>;

/** Reads a flat body as `event`. */
export function readFlat(
  event: ProviderJobEvent,
  json: Json,
): Result<readonly ParsedEvent[], readonly Issue[]> {
  const sent = membersOf(json);
  const body = readMembers(sent, MEMBERS);
  const guid = jobIdOf([body.guid], [body.status_url]);
  if (!guid.ok) return guid;
  const exported = body.total_exported ?? body.comments_count ?? null;
  const url = webAddress(body.download_url, SITE);
  const report: JobReport = {
    kind: "job",
    event,
    subject: { kind: "guid", guid: guid.value },
    account: null,
    key: eventIdOf(body),
    url,
    current: exported,
    total: body.total ?? null,
    standard: {
      url: body.url,
      totalExported: asSent(exported, sent["total_exported"], sent["comments_count"]),
      total: asSent(body.total, sent["total"]),
      download_link: url ?? body.download_url,
      json_url: webAddress(body.json_url, SITE) ?? body.json_url,
      error: body.error ?? body.error_message,
    },
    rest: without(json, ["event", ...usedNames(body)], { first: sentNumbers(json, exported) }),
    occurredAt: occurredAt(event, body),
  };
  return ok([report]);
}

/** The provider's names whose values are in `details` under other names. */
function usedNames(body: Flat): readonly string[] {
  const shortCount =
    (body.total_exported ?? null) === null && (body.comments_count ?? null) !== null;
  const shortError = (body.error ?? null) === null && (body.error_message ?? null) !== null;
  return [
    "total_exported",
    ...(shortCount ? ["comments_count"] : []),
    ...(shortError ? ["error_message"] : []),
    ...((body.download_url ?? null) === null ? [] : ["download_url"]),
  ];
}

/** What was sent as the number of items and is no count, under the name of the event reference. */
function sentNumbers(json: Json, exported: number | null): JsonObject {
  const { total_exported: sent } = membersOf(json);
  return exported !== null || sent === undefined || sent === null ? {} : { totalExported: sent };
}

/** The field that tells when this very event happened; without one it is `null`. */
function occurredAt(event: ProviderJobEvent, body: Flat): Millis | null {
  if (event === "job.created") return parseIso(body.created_at ?? "");
  const updated = parseIso(body.updated_at ?? "");
  return event === "job.finished" ? (parseIso(body.exported_at ?? "") ?? updated) : updated;
}
