// The figures of cost and speed in the README and in docs/benchmarks.md are those that were
// recorded last.

import { describe, expect, test } from "vitest";
import { readPages, readRecorded, withRecorded } from "../../bench/recorded/pages.ts";
import { withMarked } from "../../prove/parts/marked-text.ts";

test("the README and the page about benchmarks show what was recorded", () => {
  const pages = readPages();
  expect(withRecorded(pages, readRecorded())).toEqual(pages);
});

describe("a marked text", () => {
  const begin = "<!-- a -->";
  const end = "<!-- until here -->";

  test("is put between its own marks, whatever stands before", () => {
    const page = `x ${end} ${begin}old${end} ${begin.replace("a", "b")}kept${end}`;
    const changed = `x ${end} ${begin}new${end} ${begin.replace("a", "b")}kept${end}`;
    expect(withMarked(page, begin, "new")).toBe(changed);
    expect(withMarked(changed, begin, "new")).toBe(changed);
  });

  test.each(["", begin, end, `${end}${begin}`])("without both marks fails: %j", (page) => {
    expect(() => withMarked(page, begin, "new")).toThrow("a page lacks");
  });
});
