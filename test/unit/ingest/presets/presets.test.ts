// Every preset against example and edge-case requests, and the rules that all presets keep.

import * as fc from "fast-check";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CompiledMap } from "../../../../src/ingest/map/compile.ts";
import { evaluateMap } from "../../../../src/ingest/map/evaluate.ts";
import { presetsPage } from "../../../../src/ingest/presets/page.ts";
import { PRESETS, presetNamed } from "../../../../src/ingest/presets/registry.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { fixtureFolders, fixturesOf, mapOf, NOW, seen } from "./fixtures.ts";

const ROOT = join(import.meta.dirname, "../../../..");

const anyJson = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

/** Made once for all presets: making them takes longer than reading them. */
const ANY_BODIES = fc.sample(anyJson, 5_000);

describe("the registry", () => {
  test("has every file of the folders, in the order of names", () => {
    const folder = join(ROOT, "src/ingest/presets");
    const files = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => readdirSync(join(folder, entry.name)));
    expect(PRESETS.map(({ name }) => `${name}.ts`)).toEqual(files.toSorted());
  });

  test("has fixtures for every preset, and no fixtures without a preset", () => {
    expect(fixtureFolders()).toEqual(PRESETS.map(({ name }) => name));
  });

  test("finds a preset by its name", () => {
    expect(presetNamed("mux")?.title).toBe("Mux Video");
    expect(presetNamed("constructor")).toBeUndefined();
  });

  // After a change of a preset, `npm run test:unit -- test/unit/ingest/presets -u` writes the page.
  test("the page of presets is up to date", async () => {
    await expect(presetsPage(PRESETS)).toMatchFileSnapshot(join(ROOT, "docs/presets.md"));
  });
});

describe.each(PRESETS.map((preset) => [preset.name, preset] as const))("%s", (name, preset) => {
  const map = mapOf(preset);
  const fixtures = fixturesOf(name);

  test.each(fixtures.map((fixture) => [fixture.file, fixture] as const))("%s", (_, fixture) => {
    expect(seen(map, fixture)).toMatchObject(fixture.expect);
  });

  test("has an example and two edge cases at least", () => {
    const examples = fixtures.filter(({ file }) => file.startsWith("example-")).length;
    expect([examples > 0, fixtures.length - examples >= 2]).toEqual([true, true]);
  });

  test("says what to paste where, and ends its sentences", () => {
    const sentences = [...preset.setup, preset.retries.sentence, ...preset.lacks];
    expect(sentences.filter((text) => !/^[A-Za-z].*\.$/.test(text))).toEqual([]);
    expect(preset.setup.join(" ")).toContain("{url}");
  });

  test("never throws on a body of any shape, and always has an answer", () => {
    expect(ANY_BODIES.filter((body) => answers(map, body) === 0)).toEqual([]);
  });

  test("never throws on a body of its own with something else in one place", () => {
    const bodies = changed(fixtures.map(({ body }) => body));
    expect(fc.sample(bodies, 500).filter((body) => answers(map, body) === 0)).toEqual([]);
  });
});

/** How many outcomes or issues a map finds in a body. */
function answers(map: CompiledMap, body: Json): number {
  const outcomes = evaluateMap(map, { body, headers: {}, query: {}, now: NOW });
  return outcomes.ok ? outcomes.value.length : outcomes.fault.length;
}

/** Bodies of the fixtures with something else in one place. */
function changed(bodies: readonly Json[]): fc.Arbitrary<Json> {
  const odd: readonly Json[] = [null, "", "null", 0, -1, [], {}, "__proto__"];
  const part = fc.constantFrom(...odd, ...ANY_BODIES.slice(0, 500));
  return fc
    .tuple(fc.constantFrom(...bodies), part, fc.array(fc.nat(8), { maxLength: 5 }))
    .map(([body, value, steps]) => replaced(body, value, steps));
}

function replaced(body: Json, value: Json, [first, ...rest]: readonly number[]): Json {
  if (first === undefined || body === null || typeof body !== "object") return value;
  const entries = Object.entries(body) as readonly (readonly [string, Json])[];
  const at = entries.length === 0 ? -1 : first % entries.length;
  const changes = entries.map(([name, member], index) =>
    index === at ? ([name, replaced(member, value, rest)] as const) : ([name, member] as const),
  );
  return Array.isArray(body) ? changes.map(([, member]) => member) : Object.fromEntries(changes);
}
