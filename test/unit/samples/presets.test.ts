// The samples of presets are the examples of their fixtures.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Preset } from "../../../src/ingest/presets/preset.ts";
import { PRESETS } from "../../../src/ingest/presets/registry.ts";
import { evaluateMap } from "../../../src/ingest/map/evaluate.ts";
import { aboutJob, GUID, presetSamples, replacedIn } from "../../../src/samples/presets.ts";
import { JOB_EVENTS } from "../../../src/model/event.ts";
import { fixturesOf, mapOf, NOW, type Fixture } from "../ingest/presets/fixtures.ts";

const FILE = join(import.meta.dirname, "../../../src/samples/presets.json");

const orderOf = (event: string): number => JOB_EVENTS.findIndex((name) => name === event);

/** A fixture as a sample: its job id replaced wherever the whole of it stands. */
function sampleOf(preset: Preset, { headers, query, body, expect: wanted }: Fixture): object {
  const { event } = wanted;
  const events = evaluateMap(mapOf(preset), { headers, query, body, now: NOW });
  const [only] = events.ok ? events.value : [];
  const from = only?.kind === "job" && only.subject.kind === "guid" ? only.subject.guid : "";
  return { event, headers, query, body: from === "" ? body : replacedIn(body, from, GUID) };
}

/** One sample of each event, examples before edge cases. */
function samplesOf(preset: Preset): readonly object[] {
  const fixtures = fixturesOf(preset.name)
    .filter(({ expect: { event, issues } }) => typeof event === "string" && issues === undefined)
    .toSorted(
      (left, right) =>
        Number(right.file.startsWith("example-")) - Number(left.file.startsWith("example-")),
    );
  const byEvent = Map.groupBy(fixtures, (fixture) => fixture.expect.event ?? "");
  return [...byEvent]
    .toSorted(([left], [right]) => orderOf(left) - orderOf(right))
    .flatMap(([, [first]]) => (first === undefined ? [] : [sampleOf(preset, first)]));
}

// After a change of a fixture, `npm run test:unit -- test/unit/samples -u` writes the file.
test("the file of samples is up to date", async () => {
  const samples = Object.fromEntries(PRESETS.map((preset) => [preset.name, samplesOf(preset)]));
  await expect(`${JSON.stringify(samples, null, 1)}\n`).toMatchFileSnapshot(FILE);
});

describe.each(PRESETS.map((preset) => [preset.name, preset] as const))("%s", (name, preset) => {
  test("has samples that its map reads as what they are called", () => {
    const read = presetSamples(name).map((sample) => {
      const { headers, query, body, event } = aboutJob(sample, "7001");
      const events = evaluateMap(mapOf(preset), { headers, query, body, now: NOW });
      const [only] = events.ok ? events.value : [];
      return [event, only?.kind === "job" ? only.event : only];
    });
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter(([wanted, found]) => wanted !== found)).toEqual([]);
  });
});

test("an unknown preset has no samples", () => {
  expect([presetSamples("nobody"), presetSamples("constructor")]).toEqual([[], []]);
});
