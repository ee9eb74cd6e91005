// ExportComments: webhooks (`export.*`, flat) and realtime envelopes (`job.*` and more), both signed alike.

import * as z from "zod";
import { ENVELOPE_VERSION, type ProviderJobEvent } from "../../model/event.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { parseIso, type Millis } from "../../kernel/time.ts";
import {
  check,
  Id,
  Named,
  OptionalCount,
  OptionalText,
  webAddress,
  without,
} from "../normalize/fields.ts";
import type {
  Arrival,
  ClaimFault,
  Claims,
  Issue,
  JobReport,
  ParsedEvent,
  Provider,
} from "../provider.ts";
import { digestsOf } from "../verify/signature.ts";

/** Download addresses may be paths of this site. */
const SITE = "https://exportcomments.com";

/** Webhook names and ours (docs.exportcomments.com/webhooks). */
const FLAT_EVENTS: ReadonlyMap<string, ProviderJobEvent> = new Map([
  ["export.created", "job.created"],
  ["export.finished", "job.finished"],
  ["export.failed", "job.failed"],
  ["export.requeued", "job.requeued"],
]);

/** Realtime names, which are ours (the event reference). */
const REALTIME_EVENTS: readonly ProviderJobEvent[] = [
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

const Ids = {
  guid: Id.nullish(),
  status_url: OptionalText,
  message_id: OptionalText,
  event_id: OptionalText,
};

/** The flat form: long as the vendor's Zapier samples show it, or short as the security page does. */
const Flat = z.object({
  ...Ids,
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

const Envelope = z.object({
  ...Ids,
  version: OptionalText,
  status: OptionalText,
  url: OptionalText,
  current: OptionalCount,
  total: OptionalCount,
  error: OptionalText,
  details: z
    .object({
      guid: Id.nullish(),
      uuid: Id.nullish(),
      url: OptionalText,
      totalExported: OptionalCount,
      total: OptionalCount,
      download_link: OptionalText,
      download_url: OptionalText,
      json_url: OptionalText,
      error: OptionalText,
      status_url: OptionalText,
      responseCode: OptionalText,
    })
    .nullish(),
});
type Envelope = z.infer<typeof Envelope>;

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

/** Everything about ExportComments. `X-Signature` is the hex HMAC-SHA256 of the body; the secret is used as it is, prefix included. */
export const exportcomments: Provider = { claims, read };

function claims({ headers, body }: Arrival): Result<Claims, ClaimFault> {
  const header = headers.get("x-signature");
  if (header === null || header.trim() === "") return fault("missing");
  const presented = digestsOf(header, "sha256");
  if (presented.length === 0) return fault("malformed");
  return ok({
    kind: "hmac",
    digest: "sha256",
    key: "utf8",
    presented,
    bases: [() => body],
    timestamp: null,
  });
}

function read(json: Json): Result<readonly ParsedEvent[], readonly Issue[]> {
  if (isObject(json) && json.event === undefined && typeof json.type === "string")
    return ok([typedMessage(json, json.type)]);
  const named = check(Named, json);
  if (!named.ok) return named;
  const { event } = named.value;
  const flat = FLAT_EVENTS.get(event);
  if (flat !== undefined) return readFlat(flat, json);
  const realtime = REALTIME_EVENTS.find((name) => name === event);
  if (realtime !== undefined) return readEnvelope(realtime, json);
  if (event === "webhook.event.created") return readAttempt(json);
  return ok([{ kind: "ignored", reason: `event ${event.slice(0, 64)} is not modelled` }]);
}

/** Messages of the account's own channels; only the change of a subscription is an event of the relay. */
function typedMessage(json: JsonObject, type: string): ParsedEvent {
  if (type !== "subscription.updated")
    return { kind: "ignored", reason: `message ${type.slice(0, 64)} is not modelled` };
  const kept = without(json, ["type", "id", "source", "account", "time"]);
  return { kind: "account", account: null, key: keyOf(json), body: { ...kept, type } };
}

function readFlat(
  event: ProviderJobEvent,
  json: Json,
): Result<readonly ParsedEvent[], readonly Issue[]> {
  const parsed = check(Flat, json);
  if (!parsed.ok) return parsed;
  const body = parsed.value;
  const guid = body.guid ?? lastSegment(body.status_url);
  if (guid === null) return NO_JOB_ID;
  const exported = body.total_exported ?? body.comments_count ?? null;
  const url = webAddress(body.download_url, SITE);
  const report: JobReport = {
    kind: "job",
    event,
    subject: { kind: "guid", guid },
    account: null,
    key: keyOf(body),
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

/** The field that tells when this very event happened; without one nothing is guessed. */
function occurredAt(event: ProviderJobEvent, body: Flat): Millis | null {
  if (event === "job.created") return parseIso(body.created_at ?? "");
  const updated = parseIso(body.updated_at ?? "");
  return event === "job.finished" ? (parseIso(body.exported_at ?? "") ?? updated) : updated;
}

function readEnvelope(
  event: ProviderJobEvent,
  json: Json,
): Result<readonly ParsedEvent[], readonly Issue[]> {
  const parsed = check(Envelope, json);
  if (!parsed.ok) return parsed;
  const body = parsed.value;
  const guid =
    body.guid ??
    body.details?.guid ??
    lastSegment(body.status_url) ??
    lastSegment(body.details?.status_url);
  if (guid === null) return NO_JOB_ID;
  const link = body.details?.download_link ?? body.details?.download_url ?? null;
  const url = webAddress(body.url, SITE) ?? webAddress(link, SITE);
  const report: JobReport = {
    kind: "job",
    event,
    subject: { kind: "guid", guid },
    account: null,
    key: keyOf(body),
    url,
    current: body.current ?? body.details?.totalExported ?? null,
    total: body.total ?? body.details?.total ?? null,
    standard: {
      url: body.details?.url,
      totalExported: body.details?.totalExported ?? body.current,
      total: body.details?.total ?? body.total,
      download_link: webAddress(link, SITE) ?? link ?? (event === "job.finished" ? url : null),
      json_url: webAddress(body.details?.json_url, SITE) ?? body.details?.json_url,
      error: body.details?.error ?? body.error,
    },
    rest: { ...without(json, ENVELOPE_KEYS), ...(isObject(json) ? without(json.details, []) : {}) },
    occurredAt: null,
  };
  return ok([report]);
}

/** A delivery attempt of ExportComments' own webhooks, passed on as it is. */
function readAttempt(json: Json): Result<readonly ParsedEvent[], readonly Issue[]> {
  const parsed = check(Envelope, json);
  if (!parsed.ok) return parsed;
  const body = parsed.value;
  const guid = body.guid ?? body.details?.uuid ?? null;
  const status = body.status ?? body.details?.responseCode ?? null;
  if (guid === null) return fault([{ path: "guid", message: "an attempt needs an id" }]);
  if (status === null)
    return fault([{ path: "status", message: "an attempt needs an HTTP status" }]);
  const details = {
    ...without(json, ENVELOPE_KEYS),
    ...(isObject(json) ? without(json.details, []) : {}),
  };
  const envelope = {
    version: ENVELOPE_VERSION,
    event: "webhook.event.created",
    guid,
    status,
    url: body.url ?? null,
    details,
  } as const;
  return ok([{ kind: "account", account: null, key: keyOf(body), body: envelope }]);
}

const NO_JOB_ID = fault([
  { path: "guid", message: "no job id: neither guid nor status_url names one" },
]);

/** The provider's id of the event, where it gives one: realtime envelopes and the short form have none. */
function keyOf({
  message_id,
  event_id,
}: Pick<Envelope, "message_id" | "event_id"> | JsonObject): string | null {
  const given = [message_id, event_id].find((id) => typeof id === "string" && id !== "");
  return typeof given === "string" ? given : null;
}

/** The job id at the end of `https://exportcomments.com/done/{guid}`; one segment alone is a page, not a job. */
function lastSegment(statusUrl: string | null | undefined): string | null {
  const segments = (URL.parse(statusUrl ?? "", SITE)?.pathname ?? "")
    .split("/")
    .filter((segment) => segment !== "");
  const last = segments.length < 2 ? undefined : segments.at(-1);
  if (last === undefined) return null;
  try {
    return Id.safeParse(decodeURIComponent(last)).data ?? null;
  } catch {
    return null;
  }
}
