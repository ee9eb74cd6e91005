// Reads the map of a source once: which expressions say what a body means, and their mistakes.

import { quote, step } from "../../kernel/json/path.ts";
import { STATUS_OF, type ProviderJobEvent } from "../../model/event.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { lastMatch } from "../../kernel/pattern/match.ts";
import { compilePattern } from "../../kernel/pattern/pattern.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { spend } from "./budget.ts";
import { nullOnFailure, type Expression } from "./evaluation.ts";
import { compileExpression } from "./expression.ts";
import { eventTable, type EventTable } from "./table.ts";
import { isText } from "../../kernel/json/exact-number.ts";

/** A JMESPath expression, or a part of the text that one finds: a group of the last match in it. */
export type ValueData =
  | string
  | {
      readonly path: string;
      /** A regular expression; see kernel/pattern for what it may use. */
      readonly match: string;
      /** 0 is the whole match. Default: the first group, or the whole match when there is none. */
      readonly group?: number;
    };

/** A JMESPath expression for a name of ours, or for one of theirs with a table beside it. */
export type EventData =
  | string
  | { readonly path: string; readonly values: Readonly<Record<string, ProviderJobEvent>> };

/** A map as configuration and presets have it (docs/senders.md, Maps). */
export interface MapData {
  readonly event: EventData;
  readonly guid: ValueData;
  readonly id?: ValueData;
  readonly account?: ValueData;
  /** The provider's own word for the state, which stands in for a missing error. */
  readonly status?: ValueData;
  /** `"count()"` counts the accepted progress events of the attempt. */
  readonly current?: ValueData;
  readonly total?: ValueData;
  readonly url?: ValueData;
  readonly error?: ValueData;
  readonly time?: ValueData;
  /** Names the list whose members are events of their own; all other expressions read a member. */
  readonly each?: string;
}

/** The fields whose values are found one by one. */
const VALUE_FIELDS = [
  "id",
  "account",
  "status",
  "current",
  "total",
  "url",
  "error",
  "time",
] as const;
type ValueField = (typeof VALUE_FIELDS)[number];

/** A map that is ready to run. */
export interface CompiledMap {
  readonly each: Expression | null;
  readonly event: Expression;
  /** From the provider's name to ours. */
  readonly table: EventTable;
  readonly guid: Expression;
  /** Absent fields are null. */
  readonly values: Readonly<Record<ValueField, Expression | null>>;
  /** True for `current = "count()"`: the job counts its progress events. */
  readonly counts: boolean;
}

/** One mistake in a map, and where it stands, as in `SOURCES[0].map.guid`. */
export interface MapMistake {
  readonly path: string;
  readonly message: string;
}

/** Entries of an event table: several times what the longest preset has. */
export const MAX_TABLE_ENTRIES = 256;
/** Longest name in an event table. */
export const MAX_EVENT_NAME = 256;

const KEYS: ReadonlySet<string> = new Set(["event", "guid", "each", ...VALUE_FIELDS]);

/** The word that makes `current` a counter. */
const COUNTER = /^\s*count\(\s*\)\s*$/;

/** Names of events that a provider can cause. */
const EVENTS: ReadonlySet<string> = new Set(
  Object.keys(STATUS_OF).filter((event) => event !== "job.archived"),
);

/** Collects mistakes at the place that is being read. */
type Add = (path: string, message: string) => void;

/** Compiles a map; `path` is where it stands. Data of any shape is accepted and judged. */
export function compileMap(
  data: unknown,
  path: string,
): Result<CompiledMap, readonly MapMistake[]> {
  if (!isObject(data)) return fault([{ path, message: "must be a table" }]);
  const mistakes: MapMistake[] = [];
  const add: Add = (at, message) => mistakes.push({ path: at, message });
  for (const key of Object.keys(data)) if (!KEYS.has(key)) add(step(path, key), "unknown key");
  const at = (key: string): string => step(path, key);
  const valueOf = (key: string): Expression | null =>
    given(data, key) ? compileValue(data[key], at(key), add) : null;
  const event = compileEvent(data, path, add);
  if (!given(data, "guid")) add(at("guid"), "is required");
  const guid = valueOf("guid");
  const counts = typeof data["current"] === "string" && COUNTER.test(data["current"]);
  const values = Object.fromEntries(
    VALUE_FIELDS.map((key) => [key, key === "current" && counts ? null : valueOf(key)]),
  ) as Record<ValueField, Expression | null>;
  const each = given(data, "each") ? compileText(data["each"], at("each"), add) : null;
  if (mistakes.length > 0 || event === null || guid === null) return fault(mistakes);
  return ok({ each, ...event, guid, values, counts });
}

const given = (data: JsonObject, key: string): boolean =>
  Object.hasOwn(data, key) && data[key] !== undefined;

function compileText(value: unknown, path: string, add: Add): Expression | null {
  if (typeof value !== "string") {
    add(path, "must be a JMESPath expression");
    return null;
  }
  const expression = compileExpression(value);
  if (expression.ok) return expression.value;
  add(path, `${expression.fault} (a JMESPath expression)`);
  return null;
}

function compileValue(value: unknown, path: string, add: Add): Expression | null {
  if (!isObject(value)) return compileText(value, path, add);
  for (const key of Object.keys(value))
    if (!["path", "match", "group"].includes(key)) add(step(path, key), "unknown key");
  const found = compileText(value["path"], step(path, "path"), add);
  const { match, group } = value;
  if (typeof match !== "string") {
    add(step(path, "match"), "must be a regular expression");
    return null;
  }
  const pattern = compilePattern(match);
  if (!pattern.ok) {
    add(step(path, "match"), `${pattern.fault} (a regular expression)`);
    return null;
  }
  const { groups } = pattern.value;
  const wanted = group ?? Math.min(1, groups);
  if (typeof wanted !== "number" || !Number.isInteger(wanted) || wanted < 0 || wanted > groups) {
    add(step(path, "group"), `must be a whole number from 0 to ${groups}, the number of groups`);
    return null;
  }
  if (found === null) return null;
  return nullOnFailure((body, scope) => {
    const text = found(body, scope);
    if (!isText(text)) return null;
    const spendSteps = (steps: number): void => spend(scope.budget, steps);
    // A pattern goes by UTF-16 units and may find half a pair.
    return lastMatch(pattern.value, text, spendSteps)?.[wanted]?.toWellFormed() ?? null;
  });
}

function compileEvent(
  data: JsonObject,
  path: string,
  add: Add,
): { readonly event: Expression; readonly table: EventTable } | null {
  const at = step(path, "event");
  const value = data["event"];
  if (!given(data, "event")) {
    add(at, "is required");
    return null;
  }
  if (!isObject(value)) {
    const event = compileText(value, at, add);
    return event === null ? null : { event, table: ourOwn };
  }
  for (const key of Object.keys(value))
    if (key !== "path" && key !== "values") add(step(at, key), "unknown key");
  const event = compileText(value["path"], step(at, "path"), add);
  const table = compileTable(value["values"], step(at, "values"), add);
  return event === null || table === null ? null : { event, table };
}

const isOurs = (name: unknown): name is ProviderJobEvent =>
  typeof name === "string" && EVENTS.has(name);

/** Without a table the provider uses our names. */
const ourOwn: EventTable = (name) => (isOurs(name) ? name : null);

function compileTable(values: Json | undefined, path: string, add: Add): EventTable | null {
  if (!isObject(values) || Object.keys(values).length === 0) {
    add(path, "must be a table from the provider's names to the relay's");
    return null;
  }
  const names = Object.entries(values);
  if (names.length > MAX_TABLE_ENTRIES) {
    add(path, `must have at most ${MAX_TABLE_ENTRIES} entries`);
    return null;
  }
  const entries = names.flatMap(
    ([name, event]): readonly (readonly [string, ProviderJobEvent])[] => {
      if (name.length > MAX_EVENT_NAME)
        add(step(path, name), `must have at most ${MAX_EVENT_NAME} characters`);
      if (isOurs(event)) return [[name, event]];
      const shown =
        typeof event === "string"
          ? `unknown event ${quote(event)}, it is one of`
          : "must be one of";
      add(step(path, name), `${shown} ${[...EVENTS].join(", ")}`);
      return [];
    },
  );
  return eventTable(entries);
}
