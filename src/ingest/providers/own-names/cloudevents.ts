// CloudEvents 1.0 without a map, structured, binary or in a batch: `type` is the relay's name.

import * as z from "zod/mini";
import { fromBase64 } from "../../../kernel/bytes.ts";
import { isObject, parseBody, type Json, type JsonObject } from "../../../kernel/json.ts";
import { fault, ok, type Result } from "../../../kernel/result.ts";
import type { Millis } from "../../../kernel/time.ts";
import { check, ignoredEvent, membersOf, OptionalText, Text } from "../../normalize/fields.ts";
import type { Arrival, Issue, ParsedEvent, Provider } from "../../provider.ts";
import { ownEvent, readReport } from "./report.ts";
import { isText } from "../../../kernel/json/exact-number.ts";

/** Events of one batch: each is a job update that is stored before the answer. */
export const MAX_BATCH = 100;

/** The context attributes (CloudEvents 1.0.2, 3.1) that the relay reads. */
const Attributes = z.object({
  specversion: Text.check(z.regex(/^1\./, "must be 1.0")),
  id: Text.check(z.minLength(1)),
  source: Text.check(z.minLength(1)),
  type: Text.check(z.minLength(1)),
  subject: OptionalText,
  time: OptionalText,
});

/** One event: its attributes unread, and its data. */
interface CloudEvent {
  readonly attributes: Json;
  readonly data: Json | undefined;
  /** Stands before the paths of issues. */
  readonly at: string;
}

/** What the bodies of a `cloudevents` source mean; `data` is the report. */
export const cloudevents: Provider = { read };

function read(json: Json, arrival: Arrival): Result<readonly ParsedEvent[], readonly Issue[]> {
  const events = eventsOf(json, arrival);
  if (!events.ok) return events;
  const reports = events.value.map((event) => readEvent(event, arrival.now));
  const issues = reports.flatMap((report) => (report.ok ? [] : report.fault));
  if (issues.length > 0) return fault(issues);
  return ok(reports.flatMap((report) => (report.ok ? [report.value] : [])));
}

/** The events of a request in the mode that its headers say (HTTP binding 1.0.2, 3). */
function eventsOf(
  json: Json,
  { headers }: Arrival,
): Result<readonly CloudEvent[], readonly Issue[]> {
  const media = (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (media === "application/cloudevents-batch+json") return batchOf(json);
  const isStructured = media === "application/cloudevents+json" || isEvent(json);
  const isBinary = headers.get("ce-specversion") !== null;
  if (isStructured && !isBinary) return ok([structured(json, "")]);
  return ok([{ attributes: attributesIn(headers), data: json, at: "" }]);
}

/** A body with this member is an event, though its media type does not say so. */
const isEvent = (json: Json): boolean => isObject(json) && Object.hasOwn(json, "specversion");

function batchOf(json: Json): Result<readonly CloudEvent[], readonly Issue[]> {
  if (!Array.isArray(json)) return fault([{ path: "", message: "must be a list of events" }]);
  if (json.length > MAX_BATCH) {
    const message = `lists ${json.length} events, at most ${MAX_BATCH} are taken`;
    return fault([{ path: "", message }]);
  }
  return ok(json.map((member: Json, index) => structured(member, `${index}.`)));
}

function structured(json: Json, at: string): CloudEvent {
  const members = membersOf(json);
  return { attributes: json, data: dataOf(members), at };
}

/** The data of a structured event; bytes are JSON in base64, or no data. */
function dataOf(members: JsonObject): Json | undefined {
  const bytes = isText(members["data_base64"]) && fromBase64(members["data_base64"]);
  if (!(bytes instanceof Uint8Array)) return members["data"];
  const parsed = parseBody(bytes);
  return parsed.ok ? parsed.value : undefined;
}

const PREFIX = "ce-";

/** The attributes in the headers of the binary mode. */
function attributesIn(headers: Arrival["headers"]): Json {
  return Object.fromEntries(
    [...headers.entries()]
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, value]) => [name.slice(PREFIX.length), unescaped(value)]),
  );
}

/** Header values may be quoted, and are percent-encoded (HTTP binding 1.0.2, 3.1.3.2). */
function unescaped(quoted: string): string {
  const value = quoted.replace(/^"(.*)"$/, (_, text: string) => text.replace(/\\(.)/g, "$1"));
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function readEvent(
  { attributes, data, at }: CloudEvent,
  now: Millis,
): Result<ParsedEvent, readonly Issue[]> {
  const checked = check(Attributes, attributes);
  if (!checked.ok)
    return fault(checked.fault.map(({ path, message }) => ({ path: at + path, message })));
  const { id, source, type, subject = null, time } = checked.value;
  const event = ownEvent(type);
  if (event === null) return ok(ignoredEvent(type));
  return readReport(event, membersOf(data), {
    at: `${at}data.`,
    subject: subject === "" ? null : subject,
    // Only both together name an event (CloudEvents 1.0.2, 3.1.1).
    key: JSON.stringify([source, id]),
    time: time ?? null,
    now,
  });
}
