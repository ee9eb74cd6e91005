// One builder per noun of the ingest tests.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceSettings } from "../../../src/config/settings.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import type { Json } from "../../../src/kernel/json.ts";
import type { Arrival, JobReport, ParsedEvent, Provider } from "../../../src/ingest/provider.ts";

/** A source with every default, of which nothing is verified. */
export const source = (changes: Partial<SourceSettings> = {}): SourceSettings => ({
  id: "comments",
  provider: "exportcomments",
  secrets: ["whsec_your_secret"],
  recipe: null,
  meaning: { kind: "reader", reader: "exportcomments" },
  account: null,
  accountPrefix: null,
  throttle: 5_000,
  stallAfter: 3_600_000,
  retention: 30 * 86_400_000,
  tolerance: null,
  maxBody: 1_048_576,
  redact: [],
  keepRefused: false,
  upstream: null,
  ...changes,
});

/** 2026-11-28T00:00:00Z. */
export const NOW = 1_795_824_000_000;

/** A verified request as a provider file sees it. */
export const arrival = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
  of: SourceSettings = source(),
): Arrival => ({
  headers: new Headers(headers),
  url: "https://relay.example.com/hooks/comments",
  id: null,
  now: NOW,
  body: typeof body === "string" ? utf8(body) : body,
  source: of,
});

/** The bytes of a page's example. */
export const fixture = (path: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(join(import.meta.dirname, `../../fixtures/${path}.json`)));

/** What a provider reads in a body that it accepts. */
export function outcomes(
  provider: Provider,
  json: Json,
  headers: Readonly<Record<string, string>> = {},
): readonly ParsedEvent[] {
  const read = provider.read(json, arrival(JSON.stringify(json), headers));
  if (!read.ok) throw new Error(`refused: ${JSON.stringify(read.fault)}`);
  return read.value;
}

/** The one job report in a body. */
export function report(
  provider: Provider,
  json: Json,
  headers: Readonly<Record<string, string>> = {},
): JobReport {
  const [outcome] = outcomes(provider, json, headers);
  if (outcome?.kind !== "job") throw new Error(`no job report: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** The paths that a provider complains about; empty when it accepts the body. */
export function complaints(provider: Provider, json: Json): readonly string[] {
  const read = provider.read(json, arrival(JSON.stringify(json)));
  return read.ok ? [] : read.fault.map(({ path }) => path);
}
