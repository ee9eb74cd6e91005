// The flat form of ExportComments: the webhooks `export.*`, in a long and a short version.

import * as z from "zod";
import type { ProviderJobEvent } from "../../../model/event.ts";
import type { Json } from "../../../kernel/json.ts";
import { ok, type Result } from "../../../kernel/result.ts";
import { parseIso, type Millis } from "../../../kernel/time.ts";
import { check, OptionalCount, OptionalText, webAddress, without } from "../../normalize/fields.ts";
import type { Issue, JobReport, ParsedEvent } from "../../provider.ts";
import { eventIdOf, guidOfStatusUrl, IdFields, NO_JOB_ID, SITE } from "./ids.ts";

/** Webhook names and ours (docs.exportcomments.com/webhooks). */
export const FLAT_EVENTS: ReadonlyMap<string, ProviderJobEvent> = new Map([
  ["export.created", "job.created"],
  ["export.finished", "job.finished"],
  ["export.failed", "job.failed"],
  ["export.requeued", "job.requeued"],
]);

/** Long as the vendor's Zapier samples show it, or short as the security page does. */
const Flat = z.object({
  ...IdFields,
  status: OptionalText,
  url: OptionalText,
  total: OptionalCount,
  total_exported: OptionalCount,
  comments_count: OptionalCount,
  download_url: OptionalText,
  json_url: OptionalText,
  error: OptionalText,
  error_message: OptionalText,
  created_at: OptionalText,
  updated_at: OptionalText,
  exported_at: OptionalText,
});
type Flat = z.infer<typeof Flat>;

/** Reads a flat body as `event`. */
export function readFlat(
  event: ProviderJobEvent,
  json: Json,
): Result<readonly ParsedEvent[], readonly Issue[]> {
  const parsed = check(Flat, json);
  if (!parsed.ok) return parsed;
  const body = parsed.value;
  const guid = body.guid ?? guidOfStatusUrl(body.status_url);
  if (guid === null) return NO_JOB_ID;
  const exported = body.total_exported ?? body.comments_count ?? null;
  const url = webAddress(body.download_url, SITE);
  const report: JobReport = {
    kind: "job",
    event,
    subject: { kind: "guid", guid },
    account: null,
    key: eventIdOf(body),
    url,
    current: exported,
    total: body.total ?? null,
    standard: {
      url: body.url,
      totalExported: exported,
      total: body.total,
      download_link: url ?? body.download_url,
      json_url: webAddress(body.json_url, SITE) ?? body.json_url,
      error: body.error ?? body.error_message,
    },
    rest: without(json, ["event", "total_exported", "download_url", ...usedAliases(body)]),
    occurredAt: occurredAt(event, body),
  };
  return ok([report]);
}

/** The short form's names are dropped only where they stand in for the long form's. */
function usedAliases(body: Flat): readonly string[] {
  return [
    ...((body.total_exported ?? null) === null ? ["comments_count"] : []),
    ...((body.error ?? null) === null ? ["error_message"] : []),
  ];
}

/** The field that tells when this very event happened; without one it is `null`. */
function occurredAt(event: ProviderJobEvent, body: Flat): Millis | null {
  if (event === "job.created") return parseIso(body.created_at ?? "");
  const updated = parseIso(body.updated_at ?? "");
  return event === "job.finished" ? (parseIso(body.exported_at ?? "") ?? updated) : updated;
}
