import { expect, test } from "vitest";
import { webAddress, without } from "../../../../src/ingest/normalize/fields.ts";
import type { Json, JsonObject } from "../../../../src/kernel/json.ts";

test.each([
  ["https://a.example/f.zip?x=1", "https://a.example/f.zip?x=1"],
  ["http://a.example", "http://a.example"],
  ["/api/v3/job/1/download", "https://site.example/api/v3/job/1/download"],
  ["//evil.example/x", null],
  ["api/v3", null],
  ["javascript:alert(1)", null],
  ["ftp://a.example/f", null],
  ["data:text/html,x", null],
  ["", null],
  [null, null],
  [undefined, null],
])("the web address in %j is %j", (text, expected) => {
  expect(webAddress(text, "https://site.example")).toBe(expected);
});

test("a path is no web address where no site is known", () => {
  expect(webAddress("/x", null)).toBeNull();
});

test("members are copied once, without those that are named, and a later one wins", () => {
  const json = { event: "e", a: 1, b: 2, ["__proto__"]: 3 };
  const copied = without(json, ["event"], { first: { z: 0, a: 0 }, last: { b: 5, c: [] } });
  expect(Object.entries(copied)).toEqual([
    ["z", 0],
    ["a", 1],
    ["b", 5],
    ["c", []],
  ]);
  for (const none of [undefined, null, [1], "text"]) expect(without(none, [])).toEqual({});
  const last = { a: 1 };
  expect(without({ event: "e" }, ["event"], { last })).toBe(last);
  const named = JSON.parse('{"__proto__":1,"a":1}') as JsonObject;
  expect(Object.keys(without({ event: "e" }, ["event"], { last: named }))).toEqual(["a"]);
  const evil = without(JSON.parse('{"__proto__":{"x":1}}') as Json, []);
  expect([Object.getPrototypeOf(evil), Object.keys(evil)]).toEqual([Object.prototype, []]);
});
