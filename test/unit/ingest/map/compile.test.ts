// Maps as configuration: what is read, and every mistake with the place where it stands.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  MAX_EVENT_NAME,
  MAX_TABLE_ENTRIES,
  compileMap,
} from "../../../../src/ingest/map/compile.ts";
import { map, mapData, mistakes } from "./build.ts";
import { runs } from "../../runs.ts";

const path = (changes: Readonly<Record<string, unknown>>): readonly string[] =>
  mistakes(mapData(changes)).map(({ path: at, message }) => `${at}: ${message}`);

/** A table of that many names of that length. */
const tableOf = (size: number, length: number): unknown =>
  Object.fromEntries(
    Array.from({ length: size }, (_, at) => [`${at}`.padStart(length, "x"), "job.failed"]),
  );

const mistakesIn = (values: unknown): number =>
  mistakes(mapData({ event: { path: "a", values } })).length;

describe("mistakes", () => {
  test.each<[unknown, string]>([
    [null, "map: must be a table"],
    ["replicate", "map: must be a table"],
    [[], "map: must be a table"],
  ])("%j is no map", (data, expected) => {
    expect(mistakes(data).map(({ path: at, message }) => `${at}: ${message}`)).toEqual([expected]);
  });

  test("a map names at least the event and the id", () => {
    expect(mistakes({})).toEqual([
      { path: "map.event", message: "is required" },
      { path: "map.guid", message: "is required" },
    ]);
  });

  test.each<[Readonly<Record<string, unknown>>, string]>([
    [{ surprise: 1 }, "map.surprise: unknown key"],
    [{ "a key": 1 }, 'map["a key"]: unknown key'],
    [{ guid: 7 }, "map.guid: must be a JMESPath expression"],
    [{ guid: "" }, "map.guid: is empty (a JMESPath expression)"],
    [{ url: "a..b" }, 'map.url: unexpected ".", at character 3 (a JMESPath expression)'],
    [{ time: "now()" }, "map.time: unknown function now(), at character 1 (a JMESPath expression)"],
    [
      { total: "count()" },
      "map.total: unknown function count(), at character 1 (a JMESPath expression)",
    ],
    [{ each: { path: "a", match: "b" } }, "map.each: must be a JMESPath expression"],
    [{ event: 1 }, "map.event: must be a JMESPath expression"],
    [{ event: { values: { x: "job.failed" } } }, "map.event.path: must be a JMESPath expression"],
    [
      { event: { path: "a]", values: { x: "job.failed" } } },
      'map.event.path: unexpected "]", at character 2 (a JMESPath expression)',
    ],
    [
      { event: { path: "a", values: {} } },
      "map.event.values: must be a table from the provider's names to the relay's",
    ],
    [
      { event: { path: "a", values: ["x"] } },
      "map.event.values: must be a table from the provider's names to the relay's",
    ],
    [
      { event: { path: "a", values: { x: "job.finished" }, other: 1 } },
      "map.event.other: unknown key",
    ],
    [{ current: { path: "a", match: "b", flags: "i" } }, "map.current.flags: unknown key"],
    [{ current: { path: "a" } }, "map.current.match: must be a regular expression"],
    [
      { current: { path: "a", match: "(" } },
      "map.current.match: has a group that is not closed, at character 2 (a regular expression)",
    ],
    [{ current: { match: "a" } }, "map.current.path: must be a JMESPath expression"],
    [
      { current: { path: "a", match: "(a)", group: 2 } },
      "map.current.group: must be a whole number from 0 to 1, the number of groups",
    ],
    [
      { current: { path: "a", match: "(a)(b)", group: 1.5 } },
      "map.current.group: must be a whole number from 0 to 2, the number of groups",
    ],
    [
      { current: { path: "a", match: "(a)", group: -1 } },
      "map.current.group: must be a whole number from 0 to 1, the number of groups",
    ],
    [
      { current: "a || count()" },
      "map.current: unknown function count(), at character 6 (a JMESPath expression)",
    ],
    [
      { current: "count() || a" },
      "map.current: unknown function count(), at character 1 (a JMESPath expression)",
    ],
    [
      { current: { path: "a", match: "(a)", group: "1" } },
      "map.current.group: must be a whole number from 0 to 1, the number of groups",
    ],
  ])("%j", (changes, expected) => {
    expect(path(changes)).toEqual([expected]);
  });

  test.each(["finished", "job.stalled", "job.archived", "constructor", 1, null])(
    "%j is no event that a provider can cause",
    (event) => {
      const found = mistakes(mapData({ event: { path: "a", values: { "a b": event } } }));
      expect(found.map(({ path: at }) => at)).toEqual(['map.event.values["a b"]']);
      expect(found[0]?.message).toContain("job.created, job.started, job.progress");
    },
  );

  test("an event that is none is shown, where it is text", () => {
    const [named, other] = ["done", 1].map(
      (event) => path({ event: { path: "a", values: { x: event } } })[0],
    );
    expect(named).toMatch(
      /^map\.event\.values\.x: unknown event "done", it is one of job\.created, job\.started, /,
    );
    expect(other).toMatch(/^map\.event\.values\.x: must be one of job\.created, job\.started, /);
  });

  test("a table has a greatest size, and its names have one", () => {
    expect(mistakesIn(tableOf(MAX_TABLE_ENTRIES, MAX_EVENT_NAME))).toBe(0);
    expect(mistakesIn(tableOf(MAX_TABLE_ENTRIES + 1, 3))).toBe(1);
    expect(mistakesIn(tableOf(2, MAX_EVENT_NAME + 1))).toBe(2);
    expect(path({ event: { path: "a", values: tableOf(257, 3) } })).toEqual([
      "map.event.values: must have at most 256 entries",
    ]);
    const long = "x".repeat(257);
    expect(path({ event: { path: "a", values: { [long]: "job.failed" } } })[0]).toMatch(
      /^map\.event\.values.*x.*: must have at most 256 characters$/,
    );
  });

  test("one mistake does not hide the next", () => {
    expect(mistakes({ event: { path: "", values: 1 }, guid: 1, url: "a.", other: 1 })).toHaveLength(
      5,
    );
  });

  test("the place begins as the caller says", () => {
    const compiled = compileMap({ event: "a", guid: 1 }, "SOURCES_EU[3].map");
    expect(compiled.ok ? [] : compiled.fault.map((one) => one.path)).toEqual([
      "SOURCES_EU[3].map.guid",
    ]);
  });
});

describe("what is read", () => {
  test("every documented field", () => {
    const value = { path: "a", match: "(b)", group: 1 };
    const fields = ["id", "account", "status", "current", "total", "url", "error", "time"];
    expect(mistakes(mapData(Object.fromEntries(fields.map((field) => [field, "a"]))))).toEqual([]);
    expect(mistakes(mapData(Object.fromEntries(fields.map((field) => [field, value]))))).toEqual(
      [],
    );
    expect(mistakes({ ...(mapData({ each: "a" }) as object), guid: value })).toEqual([]);
  });

  test("count() makes a counter of current alone", () => {
    expect([map({ current: "count()" }).counts, map({ current: " count( ) " }).counts]).toEqual([
      true,
      true,
    ]);
    expect([map({ current: "a" }).counts, map().counts]).toEqual([false, false]);
  });

  test("a field that is undefined is a field that is not there", () => {
    expect(mistakes(mapData({ url: undefined }))).toEqual([]);
  });
});

describe("data of any shape", () => {
  const part = fc.oneof(
    fc.constantFrom("a", "a.b", "count()", "a[", "job.failed", '"$headers".x', "", "(a+)+", "*"),
    fc.anything({ maxDepth: 2 }),
  );
  const table = fc.record(
    {
      path: part,
      match: part,
      group: part,
      values: fc.oneof(part, fc.dictionary(fc.string(), part)),
    },
    { requiredKeys: [] },
  );
  const field = fc.oneof(part, table);
  const keys = [
    "event",
    "guid",
    "id",
    "account",
    "status",
    "current",
    "total",
    "url",
    "error",
    "time",
    "each",
  ];
  const maps = fc.oneof(
    fc.anything(),
    fc.record(Object.fromEntries(keys.map((key) => [key, field])), { requiredKeys: [] }),
    fc.record({ event: field, guid: field, current: field }),
  );

  test("never makes the reader throw, and a mistake always has a place and a message", () => {
    const tried = runs(10_000);
    const found = fc.sample(maps, tried).flatMap((data) => mistakes(data));
    expect(
      found.filter(({ path: at, message }) => !at.startsWith("map") || message === ""),
    ).toEqual([]);
    expect(found.length).toBeGreaterThan(tried / 2);
  });
});
