// The functions of expressions: those of the JMESPath standard, and five for text.

import {
  isExactNumber,
  isText,
  numberOf as numberIn,
  numberText,
} from "../../kernel/json/exact-number.ts";
import { isObject, writeJson, type Json, type JsonObject } from "../../kernel/json.ts";
import {
  ExpressionFailure,
  spend,
  spendOnText,
  STEPS_PER_MEMBER,
  stepsOfText,
  type Budget,
} from "./budget.ts";
import { isEqual } from "./values.ts";

/** Arguments as evaluated, and for functions that take `&expression` what it makes of a value. */
export interface Call {
  readonly args: readonly Json[];
  readonly apply: (value: Json) => Json;
  readonly budget: Budget;
}

/** How a function is called. */
export interface FunctionRule {
  readonly least: number;
  /** Most arguments, those that are `&expression` included. */
  readonly most: number;
  /** The argument that has to be an `&expression`; absent when none may be one. */
  readonly reference?: number;
  readonly run: (call: Call) => Json;
}

/** Every function by its name. */
export const FUNCTIONS: ReadonlyMap<string, FunctionRule> = new Map<string, FunctionRule>([
  ["abs", numeric(Math.abs)],
  ["ceil", numeric(Math.ceil)],
  ["floor", numeric(Math.floor)],
  ["avg", { least: 1, most: 1, run: (call) => average(numbersAt(call, 0)) }],
  ["sum", { least: 1, most: 1, run: (call) => sum(numbersAt(call, 0)) }],
  ["contains", { least: 2, most: 2, run: contains }],
  ["starts_with", testing((text, part) => text.startsWith(part))],
  ["ends_with", testing((text, part) => text.endsWith(part))],
  [
    "join",
    { least: 2, most: 2, run: (call) => join(textAt(call, 0), textsAt(call, 1), call.budget) },
  ],
  ["keys", { least: 1, most: 1, run: (call) => Object.keys(objectAt(call, 0)) }],
  ["values", { least: 1, most: 1, run: (call) => Object.values(objectAt(call, 0)) }],
  ["length", { least: 1, most: 1, run: length }],
  ["map", { least: 2, most: 2, reference: 0, run: (call) => listAt(call, 1).map(call.apply) }],
  ["max", { least: 1, most: 1, run: (call) => last(ordered(comparableAt(call, 0), call.budget)) }],
  [
    "min",
    { least: 1, most: 1, run: (call) => ordered(comparableAt(call, 0), call.budget)[0] ?? null },
  ],
  ["sort", { least: 1, most: 1, run: (call) => ordered(comparableAt(call, 0), call.budget) }],
  ["max_by", { least: 2, most: 2, reference: 1, run: (call) => last(orderedBy(call)) }],
  ["min_by", { least: 2, most: 2, reference: 1, run: (call) => orderedBy(call)[0] ?? null }],
  ["sort_by", { least: 2, most: 2, reference: 1, run: orderedBy }],
  ["merge", { least: 1, most: 16, run: merge }],
  [
    "not_null",
    { least: 1, most: 16, run: ({ args }) => args.find((value) => value !== null) ?? null },
  ],
  ["reverse", { least: 1, most: 1, run: reverse }],
  [
    "to_array",
    { least: 1, most: 1, run: ({ args }) => (Array.isArray(args[0]) ? args[0] : [...args]) },
  ],
  ["to_number", { least: 1, most: 1, run: ({ args }) => toNumber(args[0] ?? null) }],
  ["to_string", { least: 1, most: 1, run: ({ args, budget }) => toText(args[0] ?? null, budget) }],
  ["type", { least: 1, most: 1, run: ({ args }) => typeOf(args[0] ?? null) }],
  ["lower", changing((text) => text.toLowerCase())],
  ["upper", changing((text) => text.toUpperCase())],
  ["trim", changing((text) => text.trim())],
  ["split", { least: 2, most: 2, run: (call) => split(call) }],
  [
    "replace",
    { least: 3, most: 3, run: (call) => join(textAt(call, 2), split(call), call.budget) },
  ],
]);

function numeric(change: (value: number) => number): FunctionRule {
  return { least: 1, most: 1, run: (call) => change(numberOf(call.args[0])) };
}

function testing(test: (text: string, part: string) => boolean): FunctionRule {
  return { least: 2, most: 2, run: (call) => test(textAt(call, 0), textAt(call, 1)) };
}

function changing(change: (text: string) => string): FunctionRule {
  return { least: 1, most: 1, run: (call) => change(textAt(call, 0)) };
}

function numberOf(value: Json | undefined): number {
  const number = numberIn(value);
  if (number === null) throw new ExpressionFailure();
  return number;
}

function textAt({ args, budget }: Call, index: number): string {
  const value = args[index];
  if (!isText(value)) throw new ExpressionFailure();
  spend(budget, stepsOfText(value.length));
  return value;
}

function listAt({ args, budget }: Call, index: number): readonly Json[] {
  const value = args[index];
  if (!Array.isArray(value)) throw new ExpressionFailure();
  spend(budget, value.length);
  return value;
}

function objectAt({ args, budget }: Call, index: number): JsonObject {
  const value = args[index];
  if (!isObject(value)) throw new ExpressionFailure();
  spend(budget, Object.keys(value).length * STEPS_PER_MEMBER);
  return value;
}

const numbersAt = (call: Call, index: number): readonly number[] =>
  listAt(call, index).map(numberOf);

function textsAt(call: Call, index: number): readonly string[] {
  const list = listAt(call, index);
  if (!list.every(isText)) throw new ExpressionFailure();
  return list;
}

/** A list that can be put in order: all numbers or all text. */
function comparableAt(call: Call, index: number): readonly (number | string)[] {
  return isText(listAt(call, index)[0]) ? textsAt(call, index) : numbersAt(call, index);
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

const average = (values: readonly number[]): number | null =>
  values.length === 0 ? null : sum(values) / values.length;

const last = (values: readonly Json[]): Json => values.at(-1) ?? null;

function contains(call: Call): Json {
  const [where, what = null] = call.args;
  if (isText(where)) return isText(what) && textAt(call, 0).includes(what);
  return listAt(call, 0).some((value) => isEqual(value, what, call.budget));
}

function join(glue: string, parts: readonly string[], budget: Budget): string {
  const letters = parts.reduce((total, part) => total + part.length, 0);
  spendOnText(budget, letters + glue.length * Math.max(0, parts.length - 1));
  return parts.join(glue);
}

/** Every character may become a part, so each costs a step. */
function split(call: Call): readonly string[] {
  const [text, separator] = [textAt(call, 0), textAt(call, 1)];
  if (separator === "") throw new ExpressionFailure();
  spend(call.budget, text.length);
  return text.split(separator);
}

function length(call: Call): number {
  const [value = null] = call.args;
  if (isText(value)) return characters(textAt(call, 0), call.budget).length;
  return Array.isArray(value) ? value.length : Object.keys(objectAt(call, 0)).length;
}

/** The code points of a text. */
function characters(text: string, budget: Budget): string[] {
  spend(budget, text.length);
  return Array.from(text);
}

function reverse(call: Call): Json {
  const [value] = call.args;
  if (isText(value)) return characters(value, call.budget).toReversed().join("");
  return listAt(call, 0).toReversed();
}

function merge(call: Call): JsonObject {
  const entries = call.args.flatMap((_, index) => Object.entries(objectAt(call, index)));
  return Object.fromEntries(entries);
}

/** Spends what sorting takes: each element meets about log2(n) others. */
function spendOnOrder(keys: readonly (number | string)[], budget: Budget): void {
  const lengths = keys.map((key) => (typeof key === "string" ? key.length : 0));
  const letters = lengths.reduce((all, one) => all + one, 0);
  spend(budget, (keys.length + stepsOfText(letters)) * Math.ceil(Math.log2(keys.length + 1)));
}

/** Numbers by size, text by its UTF-16 units. */
const compare = (left: number | string, right: number | string): number =>
  left === right ? 0 : left < right ? -1 : 1;

function ordered(
  values: readonly (number | string)[],
  budget: Budget,
): readonly (number | string)[] {
  spendOnOrder(values, budget);
  return values.toSorted(compare);
}

/** Puts the members of a list in the order of what the `&expression` makes of each. */
function orderedBy(call: Call): readonly Json[] {
  const list = listAt(call, 0);
  const keys = comparableAt({ ...call, args: [list.map(call.apply)] }, 0);
  spendOnOrder(keys, call.budget);
  const pairs = list.map((value, index) => ({ value, key: keys[index] ?? 0 }));
  return pairs.toSorted((left, right) => compare(left.key, right.key)).map(({ value }) => value);
}

function toNumber(value: Json): Json {
  if (!isText(value)) return numberIn(value) === null ? null : value;
  const number = value.trim() === "" ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}

/** JSON text; null stays null, so that an id that is missing never becomes the word "null". */
function toText(value: Json, budget: Budget): Json {
  if (value === null) return null;
  if (typeof value === "string") return isExactNumber(value) ? numberText(value) : value;
  spendOnJson(value, budget);
  return writeJson(value);
}

function spendOnJson(value: Json, budget: Budget): void {
  spend(budget, 1);
  if (typeof value === "string") spend(budget, stepsOfText(value.length));
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    spend(budget, STEPS_PER_MEMBER + stepsOfText(name.length));
    spendOnJson(member, budget);
  }
}

function typeOf(value: Json): string {
  if (value === null) return "null";
  if (isExactNumber(value)) return "number";
  return Array.isArray(value) ? "array" : typeof value;
}
