import { expect, test } from "vitest";
import { webAddress } from "../../../../src/ingest/normalize/fields.ts";

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
