// Says what a body means in our words, by the map of its source.

import { STATUS_OF, type ProviderJobEvent } from "../../kernel/event.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import type { Millis } from "../../kernel/time.ts";
import { Count, Id } from "../fields.ts";
import type { Ignored, Issue, JobReport, StandardDetails } from "../provider.ts";
import { redact } from "../redact.ts";
import { MAX_STEPS } from "./budget.ts";
import type { CompiledMap } from "./compile.ts";
import type { Expression, Scope } from "./evaluation.ts";
import { readCount, readError, readId, readInstant, readUrl, readWord } from "./readings.ts";

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
}

/** What a map says about a job. */
export interface MappedReport extends JobReport {
  /**
   * True for `current = "count()"`: the job fills in `current`, which is null here, with the number
   * of progress events that the attempt has accepted, this one included when it is one.
   */
  readonly counts?: true;
}

/** What one event of a body means. */
export type MapOutcome = MappedReport | Ignored;

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
  if (map.each === null) return single(readEvent(map, body, { input, scope, at: "" }));
  const members = map.each(body, scope);
  if (!Array.isArray(members) || members.length === 0)
    return ok([ignored("there is no list of events")]);
  if (members.length > MAX_EACH_MEMBERS)
    return fault([
      {
        path: "each",
        message: `lists ${members.length} events, at most ${MAX_EACH_MEMBERS} are taken`,
      },
    ]);
  const read = members.map((member: Json, index) =>
    readEvent(map, member, { input, scope, at: `each.${index}.` }),
  );
  const issues = read.flatMap((result) => (result.ok ? [] : result.fault));
  return issues.length > 0
    ? fault(issues)
    : ok(read.flatMap((result) => (result.ok ? [result.value] : [])));
}

/** What the events of one request share, and where an event stands, as issues name it. */
interface Circumstances {
  readonly input: MapInput;
  readonly scope: Scope;
  readonly at: string;
}

type Read = Result<MapOutcome, readonly Issue[]>;

const single = (read: Read): Result<readonly MapOutcome[], readonly Issue[]> =>
  read.ok ? ok([read.value]) : read;

const ignored = (reason: string): Ignored => ({ kind: "ignored", reason });

/** The event is decided first: a test post has no job, and must not be refused for it. */
function readEvent(map: CompiledMap, member: Json, circumstances: Circumstances): Read {
  const { scope } = circumstances;
  const word = readWord(map.event(member, scope));
  if (word === null)
    return ok(
      ignored(
        scope.budget.left < 0 ? "the map runs too long on this body" : "the map finds no event",
      ),
    );
  const event = map.table(word);
  return event === null
    ? ok(ignored(`event ${word.slice(0, MAX_SHOWN_WORD)} is not modelled`))
    : readJob({ map, event, word }, member, circumstances);
}

/** An event whose name is known; `word` is the provider's. */
interface Named {
  readonly map: CompiledMap;
  readonly event: ProviderJobEvent;
  readonly word: string;
}

function readJob(
  { map, event, word }: Named,
  member: Json,
  { input, scope, at }: Circumstances,
): Read {
  const guid = readId(map.guid(member, scope));
  const account = readId(valueOf(map.values.account, member, scope));
  const key = readId(valueOf(map.values.id, member, scope));
  const issues = [
    ...idIssues(guid, `${at}guid`),
    ...(account === null ? [] : idIssues(account, `${at}account`)),
  ];
  if (guid === null || issues.length > 0) return fault(issues);
  const shown = isObject(member) ? redact(member, input.redact ?? []) : member;
  const root = map.each === null ? shown : input.body;
  const told = (expression: Expression | null): Json =>
    valueOf(expression, shown, { ...scope, root });
  const current = readCount(told(map.values.current));
  const total = readCount(told(map.values.total));
  const url = readUrl(told(map.values.url));
  const status = readWord(told(map.values.status)) ?? word;
  const failed = STATUS_OF[event] === "error";
  const error = failed
    ? (readError(told(map.values.error)) ?? status.slice(0, MAX_SHOWN_WORD))
    : null;
  return ok({
    kind: "job",
    event,
    subject: { kind: "guid", guid },
    account,
    key,
    url,
    current,
    total,
    standard: {
      ...ownDetails(shown),
      ...presentDetails({ totalExported: current, total, download_link: url, error }),
    },
    rest: isObject(shown) ? shown : {},
    occurredAt: readInstant(told(map.values.time), input.now),
    ...(map.counts ? { counts: true } : {}),
  });
}

const valueOf = (expression: Expression | null, member: Json, scope: Scope): Json =>
  expression === null ? null : expression(member, scope);

function idIssues(id: string | null, path: string): readonly Issue[] {
  if (id === null) return [{ path, message: "the map finds no id" }];
  const parsed = Id.safeParse(id);
  return parsed.success ? [] : parsed.error.issues.map(({ message }) => ({ path, message }));
}

/** Fields of the event that have the name and the form of a standard one stay as they are. */
function ownDetails(member: Json): StandardDetails {
  if (!isObject(member)) return {};
  const text = (name: string): string | null => textOf(member, name);
  return {
    url: text("url"),
    totalExported: countOf(member, "totalExported"),
    total: countOf(member, "total"),
    download_link: text("download_link"),
    json_url: text("json_url"),
  };
}

const textOf = (member: JsonObject, name: string): string | null => {
  const value = Object.hasOwn(member, name) ? member[name] : null;
  return typeof value === "string" ? value : null;
};

const countOf = (member: JsonObject, name: string): number | null =>
  Count.safeParse(member[name]).data ?? null;

/** The details that are there: those that are null must not hide the event's own. */
const presentDetails = (details: StandardDetails): StandardDetails =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null));
