// `JURISDICTION` and `LOCATION_HINT`: where Cloudflare keeps and runs the objects.

import { report, varOf, type Reading } from "../reading.ts";

/** The jurisdictions that a deployment may choose. */
export const JURISDICTIONS = ["eu", "fedramp"] as const;

/** The regions that a new object may be placed in (Durable Objects, data location, 2026-11). */
export const LOCATION_HINTS = [
  "wnam",
  "enam",
  "sam",
  "weur",
  "eeur",
  "apac",
  "apac-ne",
  "apac-se",
  "oc",
  "afr",
  "me",
] as const;

/** Reports values that Cloudflare does not know. `objects.ts` reads the vars itself. */
export function checkPlacement(reading: Reading): void {
  checkWord("JURISDICTION", JURISDICTIONS, reading);
  checkWord("LOCATION_HINT", LOCATION_HINTS, reading);
}

function checkWord(name: string, words: readonly string[], reading: Reading): void {
  const value = varOf(reading.vars, name);
  if (value === undefined || value === "") return;
  if (typeof value !== "string" || !words.includes(value))
    report(reading, name, `must be one of ${words.join(", ")}`);
}
