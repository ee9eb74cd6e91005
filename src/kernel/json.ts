// JSON as it comes from strangers: bounded in depth, free of surprises, and comparable.

import {
  canonicalNumber,
  isExactNumber,
  numberText,
  withExactNumbers,
} from "./json/exact-number.ts";
import { scanJson } from "./json/scan.ts";
import { fault, ok, type Result } from "./result.ts";
import { decodeUtf8 } from "./json/utf8.ts";

/** Any value that JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** An object of JSON. */
export type JsonObject = { readonly [key: string]: Json };

/** Nesting levels of a webhook body. Arrays and objects count one each. */
export const MAX_DEPTH = 64;

/** Why bytes are not read as JSON. */
export type JsonFault = "empty" | "not-utf8" | "not-json" | "too-deep";

/**
 * Parses the bytes of a body: UTF-8, one leading byte order mark tolerated, at most `MAX_DEPTH`
 * levels, which are counted before the parser recurses into them. All text is well-formed, no
 * member is called `__proto__`, and numbers keep their digits (`exact-number.ts`).
 */
export function parseBody(bytes: Uint8Array): Result<Json, JsonFault> {
  const decoded = decodeUtf8(bytes);
  return decoded === null ? fault("not-utf8") : parseText(decoded);
}

/** Parses the text of a body as `parseBody` does. */
export function parseText(decoded: string): Result<Json, JsonFault> {
  if (decoded.trim() === "") return fault("empty");
  const { depth, text, hasEscapes } = scanJson(decoded);
  if (depth > MAX_DEPTH) return fault("too-deep");
  try {
    const json = JSON.parse(text) as Json;
    return ok(mayNamePrototype(text, hasEscapes) ? withoutPrototypes(json) : json);
  } catch {
    return fault("not-json");
  }
}

/**
 * What `JSON.stringify(JSON.parse(body))` gives, as a sender may have signed it; `null` when the
 * body is no JSON or too deep.
 */
export function restringified(bytes: Uint8Array): string | null {
  const decoded = decodeUtf8(bytes);
  if (decoded === null || scanJson(decoded).depth > MAX_DEPTH) return null;
  try {
    return JSON.stringify(JSON.parse(decoded));
  } catch {
    return null;
  }
}

/** The deepest nesting of a JSON text, brackets inside strings not counted. */
export const depthOf = (text: string): number => scanJson(text).depth;

/** Writes JSON that leaves the relay: numbers leave as they came. */
export const writeJson = (value: unknown): string => withExactNumbers(JSON.stringify(value));

/** True when a text has the name, or escapes of `_` or of letters that may spell it. */
const mayNamePrototype = (text: string, hasEscapes: boolean): boolean =>
  text.includes("__proto__") || (hasEscapes && /\\u00[5-7]/.test(text));

/**
 * Drops every member called `__proto__` of a value that nothing else holds, at any depth.
 * `JSON.parse` makes it an ordinary member, and code that copies members one by one, here or at a
 * subscriber, would set the prototype.
 */
function withoutPrototypes(json: Json): Json {
  if (Array.isArray(json)) for (const element of json) withoutPrototypes(element as Json);
  else if (isObject(json)) {
    Reflect.deleteProperty(json, "__proto__");
    for (const name of Object.keys(json)) withoutPrototypes(json[name] as Json);
  }
  return json;
}

/** True for `{…}`, false for arrays, `null` and scalars. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * One text for all equal values: keys sorted, numbers by their value, members that are `null` left
 * out, because null equals absent.
 */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isExactNumber(value)) return canonicalNumber(numberText(value));
  if (!isObject(value)) return JSON.stringify(value);
  let members = "";
  for (const key of Object.keys(value).toSorted()) {
    const member = value[key];
    if (member === null || member === undefined) continue;
    members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${canonical(member)}`;
  }
  return `{${members}}`;
}
