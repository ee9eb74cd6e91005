// Paths that say where in data something stands, as in `SOURCES_EU[0].map.guid`.

import { cutText } from "./text.ts";

/** Longest piece of the operator's text that a problem repeats. */
const QUOTE_LIMIT = 48;

/** Quotes a word of the configuration: escaped, so that a log line stays a line, and cut. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > QUOTE_LIMIT ? `${cutText(text, QUOTE_LIMIT)}…` : text);

const PLAIN_KEY = /^[$A-Za-z_][$\w-]{0,47}$/;

/** Appends one step to a path: `[0]`, `.key`, or `["a key"]` when the key needs quotes. */
export function step(path: string, key: PropertyKey): string {
  if (typeof key === "number") return `${path}[${key}]`;
  const text = String(key);
  return PLAIN_KEY.test(text) ? `${path}.${text}` : `${path}[${quote(text)}]`;
}

/** Appends several steps to a path. */
export const steps = (path: string, keys: readonly PropertyKey[]): string =>
  keys.reduce<string>(step, path);
