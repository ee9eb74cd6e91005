// Counts by names that senders choose.

import { describe, expect, test } from "vitest";
import { addCounts, withNames } from "../../../src/model/measures.ts";

const names = (count: number, prefix = "type"): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

describe("counts by name", () => {
  test("hold a hundred names, and count further ones together", () => {
    const full = withNames({}, names(100));
    expect(Object.keys(full)).toHaveLength(100);
    const more = withNames(full, ["type-99", "new", ...names(5_000, "newer")]);
    expect(Object.keys(more)).toHaveLength(101);
    expect([more["type-99"], more["new"], more["other"]]).toEqual([2, undefined, 5_001]);
    const sum = addCounts(more, { "type-0": 2, other: 3, newest: 4 });
    expect([sum["type-0"], sum["other"], sum["newest"]]).toEqual([3, 5_008, undefined]);
  });

  test("hold no name of more than a hundred characters", () => {
    const [longest, longer] = ["a".repeat(100), "a".repeat(101)];
    expect(withNames({}, [longest, longer, "b"])).toEqual({ [longest]: 1, other: 1, b: 1 });
  });

  test("keep what was counted under longer names before", () => {
    const long = "a".repeat(101);
    expect(withNames({ [long]: 7 }, [long])).toEqual({ [long]: 8 });
  });
});
