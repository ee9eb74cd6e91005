// One builder per noun of the tests of maps.

import type { CompiledMap, MapMistake } from "../../../../src/ingest/map/compile.ts";
import { compileMap } from "../../../../src/ingest/map/compile.ts";
import {
  evaluateMap,
  type MapInput,
  type MapOutcome,
} from "../../../../src/ingest/map/evaluate.ts";
import { compileExpression } from "../../../../src/ingest/map/expression.ts";
import type { Issue, JobReport } from "../../../../src/ingest/provider.ts";
import type { Json } from "../../../../src/kernel/json.ts";

/** 2026-11-28T00:00:00Z. */
export const NOW = 1_795_824_000_000;

/** A map that reads `event` and `guid` of the body, with changes. */
export const mapData = (changes: Readonly<Record<string, unknown>> = {}): unknown => ({
  event: "event",
  guid: "guid",
  ...changes,
});

/** A body that reports progress of the job `g`, with more fields. */
export const job = (fields: Readonly<Record<string, Json>> = {}): Json => ({
  event: "job.progress",
  guid: "g",
  ...fields,
});

/** A compiled map; throws on mistakes. */
export function map(changes: Readonly<Record<string, unknown>> = {}): CompiledMap {
  const compiled = compileMap(mapData(changes), "map");
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.fault));
  return compiled.value;
}

/** The mistakes in a map. */
export function mistakes(data: unknown): readonly MapMistake[] {
  const compiled = compileMap(data, "map");
  return compiled.ok ? [] : compiled.fault;
}

/** A request, with changes. */
export const input = (body: Json, changes: Partial<MapInput> = {}): MapInput => ({
  body,
  headers: {},
  query: {},
  now: NOW,
  ...changes,
});

/** What a map makes of a request that it accepts. */
export function outcomes(of: CompiledMap, request: MapInput): readonly MapOutcome[] {
  const read = evaluateMap(of, request);
  if (!read.ok) throw new Error(JSON.stringify(read.fault));
  return read.value;
}

/** The one job report in a request. */
export function report(of: CompiledMap, request: MapInput): JobReport {
  const [outcome] = outcomes(of, request);
  if (outcome?.kind !== "job") throw new Error(JSON.stringify(outcome));
  return outcome;
}

/** What refuses a request. */
export function issues(of: CompiledMap, request: MapInput): readonly Issue[] {
  const read = evaluateMap(of, request);
  return read.ok ? [] : read.fault;
}

/** What an expression finds in a value; throws when it is none. */
export function find(expression: string, value: Json, steps = 100_000): Json {
  const compiled = compileExpression(expression);
  if (!compiled.ok) throw new Error(compiled.fault);
  const scope = {
    root: value,
    headers: { "x-id": "h1" },
    query: { job: "q1" },
    budget: { left: steps },
  };
  return compiled.value(value, scope);
}
