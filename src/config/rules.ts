// `RULES`: which events go to which subscribers.

import * as z from "zod/mini";
import {
  JOB_EVENTS,
  NOTIFICATION_TYPES,
  OPERATIONAL_STATUS,
  RELAY,
  STATUS_OF,
} from "../model/event.ts";
import { isObject, type JsonObject } from "../kernel/json.ts";
import { quote, step } from "../kernel/json/path.ts";
import { id, list, readTable, reportIssues, text } from "./fields.ts";
import { report, type Item, type Reading } from "./reading.ts";
import { PROVIDER_NAMES } from "./senders/senders.ts";
import type { Rule, RuleMatch } from "./settings.ts";
import { compileWhere } from "./where.ts";

/** Globs of one member of `match`. */
const MAX_GLOBS = 64;

const oneGlob = text(256);
const globList = list(oneGlob, MAX_GLOBS).check(z.minLength(1, { error: "must not be empty" }));

/** The fields of a rule, for the configuration reference too. */
export const RULE_FIELDS = {
  id,
  match: z.custom<JsonObject>(isObject, { error: "must be a table" }),
  where: z.custom<JsonObject>(isObject, { error: "must be a table" }),
  to: list(z.string({ error: "must be the id of a subscriber" }), 256).check(
    z.minLength(1, { error: "must name at least one subscriber" }),
  ),
};

const SCHEMA = { fields: RULE_FIELDS, required: ["id", "to"] } as const;

const globs = z.unknown();
const MATCH_SCHEMA = {
  fields: { event: globs, source: globs, provider: globs, account: globs, status: globs },
  required: [],
} as const;

const MEMBERS = ["event", "source", "provider", "account", "status"] as const;
type Member = (typeof MEMBERS)[number];

/** Ids that rules may name. */
export interface Known {
  readonly sources: ReadonlySet<string>;
  readonly subscribers: ReadonlySet<string>;
}

/** A rule's id and the rule when nothing is wrong with it. */
interface RuleReading {
  readonly id: string | undefined;
  readonly settings: Rule | null;
}

/** Reads one entry of `RULES`. */
export function readRule(item: Item, known: Known, reading: Reading): RuleReading {
  const before = reading.problems.length;
  const fields = readTable(SCHEMA, item, reading);
  const match =
    fields.match === undefined
      ? {}
      : readMatch({ path: step(item.path, "match"), value: fields.match }, known, reading);
  if (fields.where !== undefined) {
    const compiled = compileWhere(fields.where, step(item.path, "where"));
    if (!compiled.ok)
      for (const problem of compiled.fault) report(reading, problem.path, problem.message);
  }
  for (const [index, subscriber] of (fields.to ?? []).entries())
    if (!known.subscribers.has(subscriber))
      report(reading, step(step(item.path, "to"), index), `no subscriber ${quote(subscriber)}`);
  if (reading.problems.length > before || fields.id === undefined || fields.to === undefined)
    return { id: fields.id, settings: null };
  return {
    id: fields.id,
    settings: { id: fields.id, match, where: fields.where ?? null, to: fields.to },
  };
}

function readMatch(item: Item, known: Known, reading: Reading): RuleMatch {
  const fields = readTable(MATCH_SCHEMA, item, reading);
  const read = MEMBERS.flatMap((member) => {
    const value = fields[member];
    if (value === undefined) return [];
    return [
      [
        member,
        readGlobs(member, { path: step(item.path, member), value }, known, reading),
      ] as const,
    ];
  });
  return Object.fromEntries(read);
}

function readGlobs(member: Member, item: Item, known: Known, reading: Reading): readonly string[] {
  const isList = Array.isArray(item.value);
  const parsed = isList ? globList.safeParse(item.value) : oneGlob.safeParse(item.value);
  if (!parsed.success) {
    if (isList) reportIssues(parsed.error, item.path, reading);
    else report(reading, item.path, "must be a glob or a list of globs");
    return [];
  }
  const patterns = typeof parsed.data === "string" ? [parsed.data] : parsed.data;
  for (const [index, pattern] of patterns.entries())
    if (!pattern.includes("*") && !IS_KNOWN[member](pattern, known))
      report(
        reading,
        isList ? step(item.path, index) : item.path,
        `no ${member} ${quote(pattern)}`,
      );
  return patterns;
}

/** Event names without a job (README, What comes out). */
const ACCOUNT_EVENTS = [
  "webhook.event.created",
  "subscription.updated",
  ...NOTIFICATION_TYPES,
] as const;

const EVENTS: ReadonlySet<string> = new Set([
  ...JOB_EVENTS,
  ...ACCOUNT_EVENTS,
  ...Object.keys(OPERATIONAL_STATUS),
]);
const STATUSES: ReadonlySet<string> = new Set([
  ...Object.values(STATUS_OF),
  ...Object.values(OPERATIONAL_STATUS),
]);
const PROVIDERS: ReadonlySet<string> = new Set([...PROVIDER_NAMES, RELAY]);

/** Whether an event can ever have this value. Any account may exist. */
const IS_KNOWN: Readonly<Record<Member, (value: string, known: Known) => boolean>> = {
  event: (value) => EVENTS.has(value),
  source: (value, known) => known.sources.has(value),
  provider: (value) => PROVIDERS.has(value),
  account: () => true,
  status: (value) => STATUSES.has(value),
};
