import { expect, test } from "vitest";
import { cutText } from "../../../../src/kernel/json/text.ts";

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
