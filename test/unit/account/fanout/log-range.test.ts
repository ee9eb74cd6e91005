import { describe, expect, test } from "vitest";
import {
  covers,
  joinRanges,
  missedIn,
  withoutJob,
  emptyRange,
  newestOf,
  withinBounds,
  type LogRange,
} from "../../../../src/account/fanout/log-range.ts";
import type { LogEntry } from "../../../../src/stream/log.ts";
import { writeCursor } from "../../../../src/stream/cursor.ts";
import { entry } from "../../stream/log-fixture.ts";

/** Everything after `after`, up to `last`. */
const range = (after: number, last: number, epoch = "0a1b"): LogRange => ({
  epoch,
  after,
  last,
  entries: Array.from({ length: last - after }, (_, index) => entry(after + 1 + index)),
});

describe("a range of a log", () => {
  test.each<[string, LogRange, LogRange, LogRange | null]>([
    ["one that touches it", range(0, 3), range(3, 5), range(0, 5)],
    ["one that overlaps it", range(0, 3), range(1, 5), range(0, 5)],
    ["one that it holds already", range(0, 5), range(2, 4), range(0, 5)],
    ["one that begins one later", range(0, 3), range(4, 5), null],
    ["one of another life of the log", range(0, 3), range(3, 5, "ffff"), null],
    ["a position at its end", range(0, 3), range(3, 3), range(0, 3)],
    ["a position beyond its end", range(0, 3), range(4, 4), null],
    [
      "nothing but later offsets that were erased",
      range(0, 3),
      { ...range(3, 3), last: 9 },
      { ...range(0, 3), last: 9 },
    ],
  ])("is continued by %s", (_, known, more, result) => {
    expect(joinRanges(known, more)).toEqual(result);
  });

  test("never gets a gap, whatever is joined to it", () => {
    for (let last = 0; last <= 4; last += 1) {
      for (let after = 0; after <= 6; after += 1) {
        for (let end = after; end <= 7; end += 1) {
          const both = joinRanges(range(0, last), range(after, end));
          expect(both).toEqual(after > last ? null : range(0, Math.max(last, end)));
        }
      }
    }
  });

  test.each([
    [3, range(0, 3)],
    [2, range(1, 3)],
    [1, range(2, 3)],
  ])("is shortened to its newest %i entries and knows where it begins then", (most, result) => {
    expect(newestOf(range(0, 3), { most, characters: 10_000 })).toEqual(result);
  });

  test("keeps its newest entries of so many characters", () => {
    const known = range(0, 3);
    const [, second, third] = known.entries.map(({ event }) => JSON.stringify(event).length);
    const characters = (second ?? 0) + (third ?? 0);
    expect(newestOf(known, { most: 9, characters })).toEqual(range(1, 3));
    expect(newestOf(known, { most: 9, characters: characters - 1 })).toEqual(range(2, 3));
    expect(newestOf(known, { most: 9, characters: 1 })).toEqual(range(3, 3));
  });

  test("is its end alone where it is too much for one call", () => {
    const known = range(0, 3);
    const characters = known.entries.reduce(
      (sum, { event }) => sum + JSON.stringify(event).length,
      0,
    );
    expect(withinBounds(known, { most: 3, characters })).toBe(known);
    expect(withinBounds(known, { most: 2, characters })).toEqual(range(3, 3));
    expect(withinBounds(known, { most: 3, characters: characters - 1 })).toEqual(range(3, 3));
  });

  test.each([
    ["the position before its first entry", { epoch: "0a1b", offset: 2 }, true],
    ["its end", { epoch: "0a1b", offset: 5 }, true],
    ["a position before it", { epoch: "0a1b", offset: 1 }, false],
    ["a position after it", { epoch: "0a1b", offset: 6 }, false],
    ["a position in another life of the log", { epoch: "ffff", offset: 3 }, false],
  ])("covers %s: %j %s", (_, position, covered) => {
    expect(covers(range(2, 5), position)).toBe(covered);
  });

  test("may be a position without entries", () => {
    expect(joinRanges(emptyRange({ epoch: "0a1b", offset: 2 }), range(2, 4))).toEqual(range(2, 4));
  });
});

const cursor = (offset: number, epoch = "0a1b"): string => writeCursor({ epoch, offset });

/** An entry of job `g2` where the offset is 3, of `g1` elsewhere. */
const of = (offset: number): LogEntry => entry(offset, offset === 3 ? "g2" : "g1");

describe("a range after a job was erased", () => {
  const mixed: LogRange = { ...range(0, 0), last: 5, entries: [1, 2, 3, 4].map(of) };

  test("has the other events, and resumes no client from before the erased ones", () => {
    const rest = withoutJob(mixed, "comments", "g2");
    expect(rest).toEqual({ ...mixed, entries: [1, 2, 4].map(of), resumableFrom: 3 });
    const resumed = [2, 3].map((offset) => missedIn(rest, cursor(offset))?.entries);
    expect(resumed).toEqual([undefined, [of(4)]]);
  });

  test.each([
    ["of a job that it does not hold", "comments", "g3"],
    ["of another source's job", "email", "g2"],
  ])("%s is the same", (_, source, guid) => {
    expect(withoutJob(mixed, source, guid)).toEqual(mixed);
  });
});

describe("a client that comes back with a cursor", () => {
  test.each([
    [2, [3, 4, 5]],
    [4, [5]],
    [5, []],
  ])("after %i is sent what the range holds after that: %j", (offset, offsets) => {
    const missed = missedIn(range(2, 5), cursor(offset));
    expect(missed?.entries.map((one) => one.offset)).toEqual(offsets);
    expect(missed?.position).toEqual({ epoch: "0a1b", offset });
  });

  test.each([
    ["without a cursor", range(2, 5), null],
    ["with a text that is no cursor", range(2, 5), "?"],
    ["from before the range", range(2, 5), cursor(1)],
    ["from another life of the log", range(2, 5), cursor(3, "ffff")],
    ["while nothing is in memory", null, cursor(3)],
  ])("%s cannot be resumed from memory", (_, known, since) => {
    expect(missedIn(known, since)).toBeNull();
  });
});
