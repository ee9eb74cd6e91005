// Says what a body means in our words, by the map of its source.

import { STATUS_OF, type ProviderJobEvent } from "../../model/event.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import type { Millis } from "../../kernel/time.ts";
import { countOrNull, Id } from "../normalize/fields.ts";
import type { Ignored, Issue, JobReport, StandardDetails } from "../provider.ts";
import { redact } from "../normalize/redact.ts";
import { MAX_STEPS, type Budget } from "./budget.ts";
import type { CompiledMap } from "./compile.ts";
import type { Expression, Scope } from "./evaluation.ts";
import { asSent, isText } from "../../kernel/json/exact-number.ts";
import {
  readCount,
  readError,
  readId,
  readInstant,
  readName,
  readUrl,
  readWord,
} from "./readings.ts";
import { cutText } from "../../kernel/json/text.ts";

/** A verified request, as a map reads it. */
export interface MapInput {
  readonly body: Json;
  /** By lower-case name: what `"$headers"` reads. */
  readonly headers: Readonly<Record<string, string>>;
  /** What `"$query"` reads. */
  readonly query: Readonly<Record<string, string>>;
  readonly now: Millis;
  /** Paths that are taken out of each event before anything but its name and ids is read. */
  readonly redact?: readonly string[];
  /** True where the source names the account of every event: what an event names is not read. */
  readonly hasFixedAccount?: boolean;
}

/** What one event of a body means. */
export type MapOutcome = JobReport | Ignored;

/** Members of one `each` list: each is a job update that is stored before the answer. */
export const MAX_EACH_MEMBERS = 100;

/** Longest piece of a provider's word that a reason repeats. */
const MAX_SHOWN_WORD = 64;

/** One outcome per event of the body, in its order; the fault lists what is wrong with the body. */
export function evaluateMap(
  map: CompiledMap,
  input: MapInput,
): Result<readonly MapOutcome[], readonly Issue[]> {
  const { body, headers, query } = input;
  const scope: Scope = { root: body, headers, query, budget: { left: MAX_STEPS } };
  const reading: Reading = { map, input, scope, valueBudget: { left: MAX_STEPS } };
  const events = map.each === null ? [{ member: body, at: "" }] : membersOf(map.each(body, scope));
  if (scope.budget.left < 0) return fault([{ path: "each", message: TOO_LONG }]);
  if (events.length === 0) return ok([ignored("unknown-event: there is no list of events")]);
  if (events.length > MAX_EACH_MEMBERS) {
    const message = `lists ${events.length} events, at most ${MAX_EACH_MEMBERS} are taken`;
    return fault([{ path: "each", message }]);
  }
  const read = events.map((event) => readEvent(event, reading));
  const issues = read.flatMap((result) => (result.ok ? [] : result.fault));
  if (issues.length > 0) return fault(issues);
  return ok(read.flatMap((result) => (result.ok ? [result.value] : [])));
}

/** What the events of one request share. */
interface Reading {
  readonly map: CompiledMap;
  readonly input: MapInput;
  readonly scope: Scope;
  /** Values have steps of their own: an event is not refused because one of them takes too many. */
  readonly valueBudget: Budget;
}

/** One event of a body, and where it stands, as the paths of issues begin. */
interface BodyEvent {
  readonly member: Json;
  readonly at: string;
}

const membersOf = (list: Json): readonly BodyEvent[] =>
  Array.isArray(list) ? list.map((member: Json, index) => ({ member, at: `each.${index}.` })) : [];

const TOO_LONG = "the map takes too many steps on this body";

const ignored = (reason: string): Ignored => ({ kind: "ignored", reason });

/** The event is decided first: a test post has no job, and must not be refused for it. */
function readEvent(
  { member, at }: BodyEvent,
  reading: Reading,
): Result<MapOutcome, readonly Issue[]> {
  const { map, input, scope } = reading;
  const word = readWord(map.event(member, scope));
  if (scope.budget.left < 0) return fault([{ path: `${at}event`, message: TOO_LONG }]);
  if (word === null) return ok(ignored("unknown-event: the map names no event for this body"));
  const shown = cutText(word, MAX_SHOWN_WORD);
  const event = map.table(word);
  if (event === null) return ok(ignored(`unknown-event: ${shown}`));
  // A template such as join(' ', …) over nothing finds white space: no job has that name.
  const guid = readId(map.guid(member, scope));
  const named = input.hasFixedAccount === true ? null : map.values.account;
  const account = readName(valueOf(named, member, scope));
  const key = readId(valueOf(map.values.id, member, scope));
  const issues = [
    ...(guid === null ? [missing(`${at}guid`, scope)] : idIssues(guid, `${at}guid`)),
    ...(account === null ? [] : idIssues(account, `${at}account`)),
  ];
  if (guid === null || issues.length > 0) return fault(issues);
  const subject = { kind: "guid", guid } as const;
  return ok({
    kind: "job",
    event,
    subject,
    account,
    key,
    ...readValues(member, { event, shown }, reading),
  });
}

const valueOf = (expression: Expression | null, member: Json, scope: Scope): Json =>
  expression === null ? null : expression(member, scope);

const missing = (path: string, { budget }: Scope): Issue => ({
  path,
  message: budget.left < 0 ? TOO_LONG : "the map finds no id",
});

function idIssues(id: string, path: string): readonly Issue[] {
  const parsed = Id.safeParse(id);
  return parsed.success ? [] : parsed.error.issues.map(({ message }) => ({ path, message }));
}

/** Our name of an event, and the beginning of the provider's. */
interface EventName {
  readonly event: ProviderJobEvent;
  readonly shown: string;
}

type Values = Omit<JobReport, "kind" | "event" | "subject" | "account" | "key">;

/** Reads everything but the ids, from what `redact` leaves of the event. */
function readValues(
  member: Json,
  name: EventName,
  { map, input, scope, valueBudget }: Reading,
): Values {
  const rest = isObject(member) ? redact(member, input.redact ?? []) : {};
  const read = isObject(member) ? rest : member;
  const root = map.each === null ? read : input.body;
  const found = (field: keyof CompiledMap["values"]): Json =>
    valueOf(map.values[field], read, { ...scope, root, budget: valueBudget });
  const sent = { current: found("current"), total: found("total") };
  const [current, total] = [readCount(sent.current), readCount(sent.total)];
  const url = readUrl(found("url"));
  const word = (): string => cutText(readWord(found("status")) ?? name.shown, MAX_SHOWN_WORD);
  const error = STATUS_OF[name.event] === "error" ? (readError(found("error")) ?? word()) : null;
  const told = {
    totalExported: asSent(current, sent.current),
    total: asSent(total, sent.total),
    download_link: url,
    error,
  };
  return {
    url,
    current,
    total,
    standard: { ...ownDetails(rest), ...presentDetails(told) },
    rest,
    occurredAt: readInstant(found("time"), input.now),
    ...(map.counts ? { counts: true } : {}),
  };
}

/** Fields of the event that have the name and the form of a standard one stay as they are. */
function ownDetails(event: JsonObject): StandardDetails {
  const text = (name: string): string | null => textOf(event, name);
  return {
    url: text("url"),
    totalExported: countOf(event, "totalExported"),
    total: countOf(event, "total"),
    download_link: text("download_link"),
    json_url: text("json_url"),
  };
}

const textOf = (event: JsonObject, name: string): string | null => {
  const value = Object.hasOwn(event, name) ? event[name] : null;
  return isText(value) ? value : null;
};

const countOf = (event: JsonObject, name: string): number | string | null =>
  asSent(countOrNull(event[name]), event[name]);

/** The details that are there: those that are null must not hide the event's own. */
const presentDetails = (details: StandardDetails): StandardDetails =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null));
