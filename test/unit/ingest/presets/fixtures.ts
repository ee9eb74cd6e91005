// Reads the fixtures of presets: a request each, and what its preset is to make of it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileMap, type CompiledMap } from "../../../../src/ingest/map/compile.ts";
import { evaluateMap, type MapOutcome } from "../../../../src/ingest/map/evaluate.ts";
import type { Preset } from "../../../../src/ingest/presets/preset.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { isoOrNull } from "../../../../src/kernel/time.ts";

/** What a fixture says about the outcome; members that it leaves out are not compared. */
export interface Expectation {
  /** `null`: ignored. */
  readonly event?: string | null;
  readonly guid?: string;
  readonly account?: string | null;
  readonly id?: string | null;
  readonly url?: string | null;
  readonly error?: string | null;
  readonly current?: number | null;
  readonly total?: number | null;
  readonly counts?: boolean;
  readonly time?: string | null;
  /** Paths of the issues that refuse the body. */
  readonly issues?: readonly string[];
}

/** One request of a provider. */
export interface Fixture {
  readonly file: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
  readonly expect: Expectation;
}

const ROOT = join(import.meta.dirname, "../../../fixtures/presets");

/** Names of presets that have a folder of fixtures. */
export const fixtureFolders = (): readonly string[] => readdirSync(ROOT).toSorted();

/** The fixtures of a preset. */
export const fixturesOf = (name: string): readonly Fixture[] =>
  readdirSync(join(ROOT, name))
    .toSorted()
    .map((file) => ({
      ...(JSON.parse(readFileSync(join(ROOT, name, file), "utf8")) as Omit<Fixture, "file">),
      file,
    }));

/** The compiled map of a preset. */
export function mapOf({ name, map }: Preset): CompiledMap {
  const compiled = compileMap(map, name);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.fault));
  return compiled.value;
}

/** 2026-12-01T00:00:00Z, which lies behind every instant of the fixtures. */
export const NOW = 1_796_083_200_000;

/** What a map makes of a fixture, in the form of an expectation. */
export function seen(map: CompiledMap, { headers, query, body }: Fixture): Expectation {
  const outcomes = evaluateMap(map, { headers, query, body, now: NOW });
  if (!outcomes.ok) return { issues: outcomes.fault.map(({ path }) => path) };
  const [only] = outcomes.value;
  if (only === undefined || outcomes.value.length !== 1) throw new Error("not one event");
  return only.kind === "ignored" ? { event: null } : shown(only);
}

function shown(report: Exclude<MapOutcome, { kind: "ignored" }>): Expectation {
  return {
    event: report.event,
    ...(report.subject.kind === "guid" ? { guid: report.subject.guid } : {}),
    account: report.account,
    id: report.key,
    url: report.url,
    error: report.standard.error ?? null,
    current: report.current,
    total: report.total,
    counts: report.counts ?? false,
    time: isoOrNull(report.occurredAt),
  };
}
