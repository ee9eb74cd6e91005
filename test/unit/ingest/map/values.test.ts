// What the values of a map mean: numbers, addresses, errors and instants.

import { describe, expect, test } from "vitest";
import {
  MAX_ERROR_LENGTH,
  MAX_URL_LENGTH,
  readId,
  readName,
} from "../../../../src/ingest/map/readings.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { exactNumber } from "../../../../src/kernel/json/exact-number.ts";
import { parseBody, writeJson, type Json } from "../../../../src/kernel/json.ts";
import { find, input, job, map, NOW, report } from "./build.ts";

/** A body as ingest reads it. */
function parsed(text: string): Json {
  const body = parseBody(utf8(text));
  if (!body.ok) throw new Error(body.fault);
  return body.value;
}

describe("numbers", () => {
  test.each<[Json, number | null]>([
    [7, 7],
    [7.9, 7.9],
    ["45.70", 45.7],
    ["39.000000", 39],
    [" 12 ", 12],
    [0, 0],
    [-1, null],
    ["-1", null],
    ["1e3", null],
    ["", null],
    [true, null],
    [null, null],
    [[3], null],
    [1e20, null],
    [9_007_199_254_740_991, 9_007_199_254_740_991],
    [9_007_199_254_740_992, null],
    [-0, 0],
  ])("%j counts %s", (value, expected) => {
    const found = report(map({ current: "done", total: "done" }), input(job({ done: value })));
    expect([found.current, found.total]).toEqual([expected, expected]);
    expect(found.standard.totalExported ?? null).toBe(expected);
  });

  test("digits that JavaScript would round stay as they came", () => {
    const of = map({ guid: "job", current: "done", id: "join('-', ['e', to_string(event_no)])" });
    const found = report(
      of,
      input(parsed('{"event":"job.progress","job":9007199254740993,"done":4.0,"event_no":1e400}')),
    );
    expect(found.subject).toEqual({ kind: "guid", guid: "9007199254740993" });
    expect([found.current, found.key]).toEqual([4, "e-1e400"]);
    expect(writeJson(found.rest)).toContain('"done":4.0');
  });

  test.each([
    ["n == `4`", true],
    ["n == `5`", false],
    ["n > `3`", true],
    ["n + `1`", 5],
    ["type(n)", "number"],
    ["length(n)", null],
    ["to_string([n])", "[4.0]"],
    ["max([`3`, n])", 4],
  ])("%s of 4.0 is %j", (expression, expected) => {
    const found = find(expression, parsed('{"n":4.0}'));
    expect(typeof expected === "string" ? readId(found) : found).toBe(expected);
  });

  test("a value may be a group of the last match", () => {
    const of = map({
      current: { path: "log", match: "(\\d+) of (\\d+)" },
      total: { path: "log", match: "(\\d+) of (\\d+)", group: 2 },
      status: { path: "log", match: "\\w+$" },
    });
    const found = report(of, input(job({ event: "job.failed", log: "1 of 9\n4 of 9\naborted" })));
    expect([found.current, found.total, found.standard.error]).toEqual([4, 9, "aborted"]);
    const without = report(of, input(job({ log: 12 })));
    expect([without.current, without.total]).toEqual([null, null]);
    const either = map({ current: { path: "log", match: "(a)|(2)", group: 2 } });
    const one = ["a", "2", "none"].map((log) => report(either, input(job({ log }))).current);
    expect(one).toEqual([null, 2, null]);
  });

  test("count() leaves the number to the job", () => {
    const found = report(map({ current: "count()" }), input(job({ current: 3 })));
    expect([found.counts, found.current]).toEqual([true, null]);
    expect("counts" in report(map({ current: "current" }), input(job({ current: 3 })))).toBe(false);
  });
});

const LONGEST = "https://a.example/".padEnd(MAX_URL_LENGTH, "x");

test.each<[Json, string | null]>([
  ["a", "a"],
  [" a ", " a "],
  ["  ", "  "],
  ["", null],
  [7, "7"],
  [exactNumber("4.0"), "4.0"],
  [true, null],
  [null, null],
])("%j names the job or account %j", (value, expected) => {
  expect(readName(value)).toBe(expected);
});

describe("addresses", () => {
  test.each<[Json, string | null]>([
    ["https://a.example/x?y=1", "https://a.example/x?y=1"],
    [" http://a.example ", "http://a.example"],
    ["gs://bucket/x", null],
    ["a.vercel.app", null],
    ["/download/1", null],
    ["javascript:alert(1)", null],
    ["data:text/html,x", null],
    ["", null],
    [1, null],
    [["https://a.example"], null],
    [LONGEST, LONGEST],
    [`${LONGEST}x`, null],
  ])("%j is %s", (value, expected) => {
    const found = report(map({ url: "file" }), input(job({ file: value })));
    expect([found.url, found.standard.download_link ?? null]).toEqual([expected, expected]);
  });
});

/** The error of a failed job whose body has this reason. */
const errorOf = (value: Json, changes: Readonly<Record<string, unknown>> = {}): unknown => {
  const of = map({
    event: { path: "event", values: { broken: "job.failed" } },
    error: "reason",
    ...changes,
  });
  return report(of, input({ event: "broken", guid: "g", state: "aborted", reason: value })).standard
    .error;
};

describe("errors", () => {
  test.each<[Json, string]>([
    ["no space left", "no space left"],
    [404, "404"],
    [{ code: 1 }, '{"code":1}'],
    [["a", "b"], '["a","b"]'],
    ["lone \ud800", "lone \ufffd"],
    [null, "broken"],
    ["", "broken"],
    [" ", "broken"],
    [{}, "broken"],
    [[], "broken"],
    [false, "broken"],
  ])("%j of a failed job tells %j", (value, expected) => {
    expect(errorOf(value)).toBe(expected);
  });

  test("a missing error is the provider's word for the state", () => {
    expect(errorOf("", { status: "state" })).toBe("aborted");
    expect(errorOf("full", { status: "state" })).toBe("full");
  });

  test("is read of failed jobs alone, and has a greatest length", () => {
    const of = map({ error: "reason" });
    expect(report(of, input(job({ reason: "warning" }))).standard.error).toBeUndefined();
    expect((errorOf("x".repeat(MAX_ERROR_LENGTH + 1)) as string).length).toBe(MAX_ERROR_LENGTH);
  });
});

/** The instant that a map reads. */
const instantOf = (value: Json): number | null =>
  report(map({ time: "at" }), input(job({ at: value }))).occurredAt;

describe("instants", () => {
  test.each<[Json, string | null]>([
    ["2025-10-05T19:16:11.818389474Z", "2025-10-05T19:16:11.818Z"],
    ["2024-01-01T07:34:56-05:00", "2024-01-01T12:34:56.000Z"],
    ["2016-08-12 15:26:29 UTC", "2016-08-12T15:26:29.000Z"],
    ["2016-08-12 15:26:29.5 UTC", "2016-08-12T15:26:29.500Z"],
    [1_698_345_600, "2023-10-26T18:40:00.000Z"],
    [1_698_345_600_000, "2023-10-26T18:40:00.000Z"],
    ["1698345600", "2023-10-26T18:40:00.000Z"],
    [1_698_345_600.5, "2023-10-26T18:40:00.500Z"],
    ["2016-08-12 15:26:29.25 UTC", "2016-08-12T15:26:29.250Z"],
    [" 2024-01-01T07:34:56Z ", "2024-01-01T07:34:56.000Z"],
    ["2016-08-12 15:26:29", null],
    ["x 2016-08-12 15:26:29 UTC", null],
    ["2016-08-12 15:26:29 UTC+1", null],
    ["2016-02-30T00:00:00Z", null],
    ["0001-01-01T00:00:00Z", null],
    ["yesterday", null],
    [0, null],
    [-5, null],
    [null, null],
    [true, null],
    [{}, null],
  ])("%j is %s", (value, expected) => {
    expect(instantOf(value)).toBe(expected === null ? null : Date.parse(expected));
  });

  test("one that lies ahead counts as now", () => {
    const instants = ["2099-01-01T00:00:00Z", NOW + 1, NOW - 1].map(instantOf);
    expect(instants).toEqual([NOW, NOW, NOW - 1]);
  });
});
