// Lists that are spread over several vars, because Cloudflare holds at most 5 KB in one.

import { step } from "../kernel/json/path.ts";
import { report, type Item, type Reading } from "./reading.ts";

/** The lists of the configuration. */
export type ListName = "SOURCES" | "SUBSCRIBERS" | "RULES";

const FAMILIES: Readonly<Record<ListName, RegExp>> = {
  SOURCES: /^SOURCES(?:_[A-Z0-9_]+)?$/,
  SUBSCRIBERS: /^SUBSCRIBERS(?:_[A-Z0-9_]+)?$/,
  RULES: /^RULES(?:_[A-Z0-9_]+)?$/,
};

/**
 * All entries of `SOURCES`, `SOURCES_2`, `SOURCES_EU`, … in the order of the names' code units. A
 * var is an array, as `wrangler.toml` gives it, or a string with a JSON array, as `--var`,
 * `.dev.vars` and the dashboard give it.
 */
export function listItems(name: ListName, reading: Reading): readonly Item[] {
  const family = FAMILIES[name];
  return Object.keys(reading.vars)
    .filter((key) => family.test(key))
    .toSorted()
    .flatMap((key) => entriesOf(key, reading));
}

function entriesOf(name: string, reading: Reading): readonly Item[] {
  const value = reading.vars[name];
  const entries = typeof value === "string" ? parsed(value) : value;
  if (Array.isArray(entries))
    return entries.map((entry: unknown, index) => ({ path: step(name, index), value: entry }));
  // The parser's own message quotes the text, which may be a secret in the wrong place.
  report(reading, name, "must be a list of tables, or a string with a JSON list of objects");
  return [];
}

/** The JSON value of a text; `undefined` when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
