import { describe, expect, test } from "vitest";
import { fansWanted, isFull } from "../../../../src/account/fanout/fans.ts";
import { fansIn } from "../../../../src/stream/http/fan-header.ts";

test.each<[string, [number, number][], number]>([
  ["nobody yet", [], 1],
  ["one that is not full", [[0, 999]], 1],
  ["one that has its share", [[0, 1_000]], 2],
  ["three, of which two went", [[2, 10]], 3],
  [
    "two with the share of five",
    [
      [0, 2_500],
      [1, 2_499],
    ],
    5,
  ],
  ["as many as there may be", [[0, 1_000_000]], 64],
])("new viewers spread over as many fans as are needed: %s", (_, sizes, fans) => {
  expect(fansWanted(new Map(sizes))).toBe(fans);
});

test.each([
  [null, 0],
  ["", 0],
  ["3", 3],
  ["1000", 0],
  ["-1", 0],
])("a header of %j names %i fans", (header, fans) => {
  expect(fansIn(header)).toBe(fans);
});

describe("an account is full", () => {
  test.each([
    [157_999, false],
    [158_000, true],
  ])("with 160,000 viewers, its own 2,000 and those of its fans: %i is %s", (size, full) => {
    expect(isFull(new Map([[0, size]]))).toBe(full);
  });
});
