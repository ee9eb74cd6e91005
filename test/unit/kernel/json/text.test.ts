import { expect, test } from "vitest";
import { cutText, withoutEnd } from "../../../../src/kernel/json/text.ts";

test.each([
  ["abc", 3, "abc"],
  ["abc", 2, "ab"],
  ["abc", 0, ""],
  ["", 0, ""],
  ["a😀", 3, "a😀"],
  ["a😀", 2, "a"],
  ["a😀b", 3, "a😀"],
  ["😀", 1, ""],
  ["😀😀", 3, "😀"],
])("%j cut to %i units is %j", (text, most, expected) => {
  expect(cutText(text, most)).toBe(expected);
});

const MEGABYTE = 1_048_576;

test.each([
  ["a//", "a"],
  ["//", ""],
  ["", ""],
  ["/a/b", "/a/b"],
])("%j without slashes at its end is %j", (text, expected) => {
  expect(withoutEnd(text, (char) => char === "/")).toBe(expected);
});

test("an end is looked for from the end: a megabyte made to be slow is none", () => {
  const text = `a${"/".repeat(MEGABYTE)}b`;
  expect(withoutEnd(text, (char) => char === "/")).toBe(text);
});
