import { describe, expect, test } from "vitest";
import { fansIn } from "../../../../src/stream/http/fan-header.ts";
import {
  covers,
  fansWanted,
  joinRanges,
  emptyRange,
  newestOf,
  type LogRange,
} from "../../../../src/account/fanout/fans.ts";
import { entry } from "../../stream/logs.ts";

/** Everything after `after`, up to `last`. */
const stretch = (after: number, last: number, epoch = "0a1b"): LogRange => ({
  epoch,
  after,
  last,
  entries: Array.from({ length: last - after }, (_, index) => entry(after + 1 + index)),
});

describe("a stretch of a log", () => {
  test.each<[string, LogRange, LogRange, LogRange | null]>([
    ["one that touches it", stretch(0, 3), stretch(3, 5), stretch(0, 5)],
    ["one that overlaps it", stretch(0, 3), stretch(1, 5), stretch(0, 5)],
    ["one that it holds already", stretch(0, 5), stretch(2, 4), stretch(0, 5)],
    ["one that begins one later", stretch(0, 3), stretch(4, 5), null],
    ["one of another life of the log", stretch(0, 3), stretch(3, 5, "ffff"), null],
    ["a place at its end", stretch(0, 3), stretch(3, 3), stretch(0, 3)],
    ["a place beyond its end", stretch(0, 3), stretch(4, 4), null],
    [
      "nothing but later offsets that were erased",
      stretch(0, 3),
      { ...stretch(3, 3), last: 9 },
      { ...stretch(0, 3), last: 9 },
    ],
  ])("is continued by %s", (_, known, more, result) => {
    expect(joinRanges(known, more)).toEqual(result);
  });

  test("never gets a gap, whatever is joined to it", () => {
    for (let last = 0; last <= 4; last += 1) {
      for (let after = 0; after <= 6; after += 1) {
        for (let end = after; end <= 7; end += 1) {
          const both = joinRanges(stretch(0, last), stretch(after, end));
          expect(both).toEqual(after > last ? null : stretch(0, Math.max(last, end)));
        }
      }
    }
  });

  test.each([
    [3, stretch(0, 3)],
    [2, stretch(1, 3)],
    [1, stretch(2, 3)],
  ])("is shortened to its newest %i entries and knows where it begins then", (most, result) => {
    expect(newestOf(stretch(0, 3), most)).toEqual(result);
  });

  test.each([
    ["the place before its first entry", { epoch: "0a1b", offset: 2 }, true],
    ["its end", { epoch: "0a1b", offset: 5 }, true],
    ["a place before it", { epoch: "0a1b", offset: 1 }, false],
    ["a place after it", { epoch: "0a1b", offset: 6 }, false],
    ["a place in another life of the log", { epoch: "ffff", offset: 3 }, false],
  ])("covers %s: %j %s", (_, place, covered) => {
    expect(covers(stretch(2, 5), place)).toBe(covered);
  });

  test("may be a place alone", () => {
    expect(joinRanges(emptyRange({ epoch: "0a1b", offset: 2 }), stretch(2, 4))).toEqual(
      stretch(2, 4),
    );
  });
});

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
])("newcomers spread over as many fans as are needed: %s", (_, sizes, fans) => {
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
