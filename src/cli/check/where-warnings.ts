// Reads the `where` of a rule for what a person did not mean: misspelt fields, operators without
// `$`, and conditions that no event meets.

import { nearest } from "../../config/senders/nearest.ts";
import type { Rule } from "../../config/settings.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { EVENTS_WITH_FILE, type JobEvent } from "../../model/event.ts";
import { fieldPath, type Finding } from "./findings.ts";
import { statusesOf, type Candidate } from "./producible.ts";

/** Fields of an event on its first level. */
const EVENT_FIELDS: readonly string[] = [
  ["version", "event", "guid", "status", "url", "details", "current", "total", "id", "seq"],
  ["attempt", "source", "account", "time", "occurredAt", "absorbed"],
  // `subscription.updated` is the provider's own message.
  ["type", "plan", "action", "timestamp"],
].flat();

/** Fields of `details` that the three named providers are known to fill. */
const DETAIL_FIELDS: readonly string[] = [
  ["guid", "status", "url", "totalExported", "total", "download_link", "json_url", "error"],
  ["skipRate", "messagesExported", "messagesSkipped", "bytesWritten", "duration", "expiresAt"],
  ["exportId", "errorCode", "phase", "folders", "accountId", "reportId", "fileName", "format"],
  ["deliveryMethod", "createdBy", "emails", "columns", "filters"],
].flat();

const KNOWN_PROVIDERS: ReadonlySet<string> = new Set(["exportcomments", "emailengine", "betterez"]);

const BRANCHES: ReadonlySet<string> = new Set(["and", "or", "nor"]);
const OPERATORS: ReadonlySet<string> = new Set(
  [
    ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "all", "regex", "options"],
    ["exists", "size", "mod", "type", "not", "elemMatch"],
  ].flat(),
);

/** Warns of fields and operators that look misspelt. */
export function suspiciousFields(
  rule: Rule,
  matching: readonly Candidate[],
  path: string,
): readonly Finding[] {
  const isKnown = matching.every(
    ({ source }) => source.meaning.kind === "reader" && KNOWN_PROVIDERS.has(source.provider),
  );
  return fieldsIn(rule.where ?? {}, ["where"]).flatMap(({ keys, field, condition }) => {
    const meant = meantBy(field, condition, isKnown && matching.length > 0);
    const message = meant ?? operatorsMeant(condition);
    if (message === null) return [];
    return [{ path: fieldPath(path, ...keys), message: `rule ${rule.id}: ${message}` }];
  });
}

interface Field {
  readonly keys: readonly (string | number)[];
  readonly field: string;
  readonly condition: Json;
}

function fieldsIn(filter: JsonObject, keys: readonly (string | number)[]): readonly Field[] {
  return Object.entries(filter).flatMap(([field, condition]): readonly Field[] => {
    const at = [...keys, field];
    if (!field.startsWith("$")) return [{ keys: at, field, condition }];
    return (Array.isArray(condition) ? (condition as readonly Json[]) : []).flatMap(
      (branch, index) => (isObject(branch) ? fieldsIn(branch, [...at, index]) : []),
    );
  });
}

/** What a field that no event has may stand for, as a sentence; `null` when nothing is wrong. */
function meantBy(field: string, condition: Json, knowsDetails: boolean): string | null {
  const [root = "", ...rest] = field.split(".");
  if (BRANCHES.has(field) && Array.isArray(condition))
    return `"${field}" is no field of an event, is "$${field}" meant?`;
  if (!EVENT_FIELDS.includes(root)) {
    const detail = DETAIL_FIELDS.includes(field) ? field : nearest(field, DETAIL_FIELDS);
    const near = nearest(field, EVENT_FIELDS) ?? (detail === null ? null : `details.${detail}`);
    const meant =
      near === null ? `, what the provider sent is under "details"` : `, is "${near}" meant?`;
    return `"${field}" is no field of an event${meant}`;
  }
  const [member] = rest;
  if (root !== "details" || member === undefined || !knowsDetails) return null;
  if (DETAIL_FIELDS.includes(member)) return null;
  const near = nearest(member, DETAIL_FIELDS);
  return near === null ? null : `no details are known to have "${member}", is "${near}" meant?`;
}

/** Names operators that lack their `$`; a table of them would be compared as it is. */
function operatorsMeant(condition: Json): string | null {
  if (!isObject(condition)) return null;
  const bare = Object.keys(condition).find((key) => OPERATORS.has(key));
  return bare === undefined ? null : `operators begin with $: is "$${bare}" meant?`;
}

/** A condition that no event meets; `field` is `null` where only all together cannot be met. */
interface Impossible {
  readonly field: string | null;
  readonly reason: string;
}

/** The conditions of a filter that none of the events can meet. */
export function impossibleConditions(
  where: JsonObject,
  matching: readonly Candidate[],
): readonly Impossible[] {
  const fields = Object.entries(where).filter(([field]) => !field.startsWith("$"));
  const alone = fields.flatMap(([field, condition]) =>
    matching.some((candidate) => mayMeet(field, condition, candidate))
      ? []
      : [{ field, reason: reasonOf(field) }],
  );
  if (alone.length > 0) return alone;
  const together = matching.some((candidate) =>
    fields.every(([field, condition]) => mayMeet(field, condition, candidate)),
  );
  return together
    ? []
    : [{ field: null, reason: "no event meets all conditions of its where together" }];
}

const PROGRESS_FIELDS: ReadonlySet<string> = new Set(["current", "total", "absorbed"]);

function reasonOf(field: string): string {
  if (PROGRESS_FIELDS.has(field))
    return `only job.progress has "${field}"; the details of other events have "details.total" and "details.totalExported"`;
  if (field === "url") return "none of its events has a url";
  return `none of its events has this "${field}"`;
}

/** False when the event is known not to meet the condition. */
function mayMeet(field: string, condition: Json, { source, event }: Candidate): boolean {
  if (event === "subscription.updated") return field !== "event" || acceptsAbsence(condition);
  if (PROGRESS_FIELDS.has(field)) return event === "job.progress" || acceptsAbsence(condition);
  if (field === "url")
    return EVENTS_WITH_FILE.has(event as JobEvent) || acceptsAbsence(condition, true);
  if (field === "event") return mayEqual(condition, event);
  if (field === "source") return mayEqual(condition, source.id);
  if (field === "account") return source.account === null || mayEqual(condition, source.account);
  return field !== "status" || statusesOf(event).some((status) => mayEqual(condition, status));
}

/** True when a condition may hold for a field that is missing, or with `orNull` for null. */
function acceptsAbsence(condition: Json, orNull = false): boolean {
  if (condition === null) return true;
  if (!isObject(condition)) return false;
  return Object.entries(condition).every(([operator, operand]) => {
    if (operator === "$exists") return orNull || operand === false;
    if (operator === "$in") return Array.isArray(operand) && operand.includes(null);
    return ["$ne", "$nin", "$not", "$type"].includes(operator) || operand === null;
  });
}

/** False when a condition compares with other texts only. */
function mayEqual(condition: Json, value: string): boolean {
  if (typeof condition === "string") return condition === value;
  if (!isObject(condition)) return condition !== null;
  const { $eq, $in } = condition as { readonly $eq?: Json; readonly $in?: Json };
  if (typeof $eq === "string") return $eq === value;
  return !Array.isArray($in) || $in.includes(value);
}
