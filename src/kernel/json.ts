// JSON as it comes from strangers: bounded in depth, free of surprises, and comparable.

import { fault, ok, type Result } from "./result.ts";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Nesting levels of a webhook body (contract, section 3). Arrays and objects count one each. */
export const MAX_DEPTH = 64;

export type JsonFault = "empty" | "not-utf8" | "not-json" | "too-deep";

/**
 * Parses the bytes of a body: UTF-8, one leading byte order mark tolerated, at most `MAX_DEPTH` levels.
 * The depth is counted on the text, so a hostile body is refused before the parser recurses into it.
 */
export function parseBody(bytes: Uint8Array): Result<Json, JsonFault> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return fault("not-utf8");
  }
  if (text.trim() === "") return fault("empty");
  if (depthOf(text) > MAX_DEPTH) return fault("too-deep");
  try {
    return ok(JSON.parse(text) as Json);
  } catch {
    return fault("not-json");
  }
}

/** The deepest nesting of a JSON text, brackets inside strings not counted. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (inString) {
      if (char === BACKSLASH) index += 1;
      else if (char === QUOTE) inString = false;
    } else if (char === QUOTE) inString = true;
    else if (char === OPEN_OBJECT || char === OPEN_ARRAY) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) depth -= 1;
  }
  return deepest;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** True for `{…}`, false for arrays, `null` and scalars. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** One text for all equal values: keys sorted, members that are `null` left out (null equals absent). */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .filter((key) => value[key] !== null && value[key] !== undefined)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json)}`);
  return `{${members.join(",")}}`;
}
