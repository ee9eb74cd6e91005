// Reads a recipe's table field by field, so that one wrong field does not hide the next.

import { isObject, type JsonObject } from "../../../kernel/json.ts";
import type { Mistake } from "../recipe.ts";

/** A table, where it stands, and the mistakes found so far. */
export interface Place {
  readonly path: string;
  readonly table: JsonObject;
  readonly mistakes: Mistake[];
}

/** Records a mistake at one field; the message never quotes a value, which may be a secret. */
export function refuse(place: Place, key: string, message: string): void {
  place.mistakes.push({ path: `${place.path}.${key}`, message });
}

/** The field's own value; what a prototype carries is no field. */
export const given = ({ table }: Place, key: string): unknown =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** Reports every field that the table does not have. */
export function refuseUnknown(place: Place, known: readonly string[]): void {
  for (const key of Object.keys(place.table)) {
    if (known.includes(key)) continue;
    // A key is the operator's text: it may be long, and it may hold anything.
    const shown = /^[\w-]{1,48}$/.test(key) ? key : "…";
    refuse(place, shown, `unknown key, it is one of ${known.join(", ")}`);
  }
}

/** Reports each of these fields that is given. */
export function refuseGiven(place: Place, keys: readonly string[], message: string): void {
  for (const key of keys) if (given(place, key) !== undefined) refuse(place, key, message);
}

/** A text of 1 to `most` characters; `undefined` when it is absent or wrong. */
export function readText(place: Place, key: string, most: number): string | undefined {
  const value = given(place, key);
  if (value === undefined) return undefined;
  if (isText(value, most)) return value;
  refuse(place, key, `must be a string of 1 to ${most} characters`);
  return undefined;
}

const isText = (value: unknown, most: number): value is string =>
  typeof value === "string" && value !== "" && value.length <= most;

/** Limits of a list of texts. */
export interface TextLimits {
  readonly chars: number;
  readonly entries: number;
}

/** A text with its place, as in `verify.header[1]`. */
export interface PlacedText {
  readonly key: string;
  readonly text: string;
}

/** A text or a list of them; empty when the field is absent or wrong. */
export function readTexts(place: Place, key: string, limits: TextLimits): readonly PlacedText[] {
  const value = given(place, key);
  if (!Array.isArray(value)) {
    const text = readText(place, key, limits.chars);
    return text === undefined ? [] : [{ key, text }];
  }
  if (value.length === 0 || value.length > limits.entries) {
    refuse(place, key, `must have 1 to ${limits.entries} entries`);
    return [];
  }
  return value.flatMap((entry: unknown, index) => {
    const at = `${key}[${index}]`;
    if (isText(entry, limits.chars)) return [{ key: at, text: entry }];
    refuse(place, at, `must be a string of 1 to ${limits.chars} characters`);
    return [];
  });
}

/** One of several words. */
export function readWord<const T extends string>(
  place: Place,
  key: string,
  words: readonly T[],
): T | undefined {
  const value = given(place, key);
  if (value === undefined) return undefined;
  const word = words.find((known) => known === value);
  if (word === undefined) refuse(place, key, `must be one of ${words.join(", ")}`);
  return word;
}

/** True or false. */
export function readFlag(place: Place, key: string): boolean | undefined {
  const value = given(place, key);
  if (value === undefined || typeof value === "boolean") return value;
  refuse(place, key, "must be true or false");
  return undefined;
}

/** A number of seconds from 0 to `most`. */
export function readSeconds(place: Place, key: string, most: number): number | undefined {
  const value = given(place, key);
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= 0 && value <= most) return value;
  refuse(place, key, `must be a number of seconds from 0 to ${most}`);
  return undefined;
}

/** A table inside of a table, with its own place. */
export function readTable(place: Place, key: string): Place | undefined {
  const value = given(place, key);
  if (value === undefined) return undefined;
  if (isObject(value)) return { ...place, path: `${place.path}.${key}`, table: value };
  refuse(place, key, "must be a table");
  return undefined;
}
