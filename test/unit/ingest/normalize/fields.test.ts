import { describe, expect, test } from "vitest";
import { scrub, webAddress } from "../../../../src/ingest/normalize/fields.ts";
import type { Json } from "../../../../src/kernel/json.ts";

describe("scrub", () => {
  test("drops __proto__ members at any depth, however they are spelled, and keeps everything else", () => {
    const hostile = JSON.parse(
      '{"__proto__":{"a":1},"b":[{"\\u005f_proto__":2,"c":3}],"constructor":{"prototype":4}}',
    ) as Json;
    const clean = scrub(hostile);
    expect(JSON.stringify(clean)).toBe('{"b":[{"c":3}],"constructor":{"prototype":4}}');
    expect(Object.getPrototypeOf(clean)).toBe(Object.prototype);
  });

  test.each([null, true, 0, "x", [[]]])("leaves %j as it is", (json) => {
    expect(scrub(json)).toEqual(json);
  });
});

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
