// EmailEngine: `exportCompleted` and `exportFailed` of bulk exports; its other events are ignored.

import * as z from "zod/mini";
import { asSent } from "../../kernel/json/exact-number.ts";
import { withoutSlashes } from "../../kernel/json/text.ts";
import type { Json } from "../../kernel/json.ts";
import { ok, type Result } from "../../kernel/result.ts";
import { parseIso } from "../../kernel/time.ts";
import {
  check,
  checkNamed,
  firstText,
  Id,
  ignoredEvent,
  membersOf,
  OptionalCount,
  OptionalText,
  webAddress,
  without,
} from "../normalize/fields.ts";
import type { Arrival, Issue, JobReport, ParsedEvent, Provider } from "../provider.ts";

/**
 * The body of an export event (emailengine v2.79.2, workers/export.js). The map function of a route
 * may leave anything out but the id of the export.
 */
const ExportEvent = z.object({
  event: z.enum(["exportCompleted", "exportFailed"]),
  serviceUrl: OptionalText,
  account: OptionalText,
  date: OptionalText,
  data: z.object({
    exportId: Id,
    messagesExported: OptionalCount,
    messagesSkipped: OptionalCount,
    messagesQueued: OptionalCount,
    error: OptionalText,
  }),
});
type ExportEvent = z.infer<typeof ExportEvent>;

const EXPORT_EVENTS: readonly string[] = ExportEvent.shape.event.options;

/** What the bodies of EmailEngine mean. */
export const emailengine: Provider = { read };

function read(json: Json, { headers }: Arrival): Result<readonly ParsedEvent[], readonly Issue[]> {
  const named = checkNamed(json);
  if (!named.ok) return named;
  const event = named.value;
  if (!EXPORT_EVENTS.includes(event)) return ok([ignoredEvent(event)]);
  const parsed = check(ExportEvent, json);
  if (!parsed.ok) return parsed;
  const eventId = headers.get("x-ee-wh-event-id")?.trim() ?? "";
  return ok([report(parsed.value, json, eventId === "" ? null : eventId)]);
}

function report(body: ExportEvent, json: Json, key: string | null): JobReport {
  const { data } = body;
  const completed = body.event === "exportCompleted";
  const exported = data.messagesExported ?? null;
  const skipped = data.messagesSkipped ?? null;
  const total =
    exported === null || skipped === null ? (data.messagesQueued ?? exported) : exported + skipped;
  const url = completed ? downloadUrl(body) : null;
  const sent = membersOf(membersOf(json)["data"]);
  const rate =
    completed && exported !== null && skipped !== null
      ? { skipRate: skipRate(exported, skipped) }
      : {};
  return {
    kind: "job",
    event: completed ? "job.finished" : "job.failed",
    subject: { kind: "guid", guid: data.exportId },
    account: firstText(body.account),
    key,
    url,
    current: exported,
    total,
    standard: {
      totalExported: asSent(exported, sent["messagesExported"]),
      total: asSent(total, sent["messagesQueued"], sent["messagesExported"]),
      download_link: url,
      error: data.error,
    },
    rest: without(json, ["event", "date", "data"], { last: { ...sent, ...rate } }),
    occurredAt: parseIso(body.date ?? ""),
  };
}

/** The part of the messages that could not be exported; an empty export skips none. */
const skipRate = (exported: number, skipped: number): number =>
  exported + skipped === 0 ? 0 : skipped / (exported + skipped);

/**
 * The address of the download, which asks for an EmailEngine token; `null` when the instance does
 * not know its own address.
 */
function downloadUrl({ serviceUrl, account, data }: ExportEvent): string | null {
  const base = webAddress(serviceUrl, null);
  const id = Id.safeParse(account);
  if (base === null || !id.success) return null;
  const url = new URL(base);
  const path = ["v1", "account", id.data, "export", data.exportId, "download"];
  url.pathname = [withoutSlashes(url.pathname), ...path.map(encodeURIComponent)].join("/");
  url.search = "";
  url.hash = "";
  return url.href;
}
