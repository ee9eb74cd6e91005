import { describe, expect, test } from "vitest";
import { readHistory } from "../../../src/stream/centrifugo/history.ts";
import { writeCursor } from "../../../src/stream/cursor.ts";
import { MAX_READ_CHARACTERS, readBounded } from "../../../src/stream/bounded-read.ts";
import { recover } from "../../../src/stream/recovery.ts";
import { bothWays } from "./centrifugo/connection-fixture.ts";
import { envelope, initialFrames, logOf, pageOf } from "./log-fixture.ts";

const at = (offset: number): string => writeCursor({ epoch: "0a1b", offset });
const ALL = ["exports:acme"];
/** Characters of an event whose offset has one digit; those of `g1` and `g2` are equally long. */
const EACH = JSON.stringify(envelope("g1", 1)).length;

const readAtMost = (last: number, limit: number, characters: number) => {
  const counts: number[] = [];
  const log = logOf(1, last);
  const { entries, ...rest } = readBounded(
    (before, count) => {
      counts.push(count);
      return log.read(before?.offset ?? 0, count, ALL);
    },
    { limit, characters },
  );
  return { offsets: entries.map(({ offset }) => offset), ...rest, counts };
};

describe("a bounded read of a log", () => {
  test.each([
    [
      "that fits exactly",
      3,
      9,
      3 * EACH,
      { offsets: [1, 2, 3], size: 3 * EACH, ended: true, counts: [9] },
    ],
    [
      "that is one character over",
      3,
      9,
      3 * EACH - 1,
      { offsets: [1, 2], size: 2 * EACH, ended: false, counts: [9] },
    ],
    [
      "whose first entry does not fit has that one",
      3,
      9,
      1,
      { offsets: [1], size: EACH, ended: false, counts: [9] },
    ],
    [
      "that reaches its limit does not know of an end",
      3,
      3,
      9 * EACH,
      { offsets: [1, 2, 3], size: 3 * EACH, ended: false, counts: [3] },
    ],
    ["of nothing has ended", 0, 9, 1, { offsets: [], size: 0, ended: true, counts: [9] }],
  ] as const)("%s", (...[, last, limit, characters, expected]) => {
    expect(readAtMost(last, limit, characters)).toEqual(expected);
  });

  test("is read in chunks, in order and without a repeat", () => {
    const read = readAtMost(40, 1_000, MAX_READ_CHARACTERS);
    expect(read.offsets).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect([read.ended, read.counts]).toEqual([true, [16, 16, 16]]);
    expect(readAtMost(32, 1_000, MAX_READ_CHARACTERS)).toMatchObject({
      ended: true,
      counts: [16, 16, 16],
    });
    expect(readAtMost(40, 20, MAX_READ_CHARACTERS)).toMatchObject({
      ended: false,
      counts: [16, 4],
    });
  });
});

const replay = (characters: number) =>
  recover({ since: at(2), channels: ALL, seq: false }, logOf(1, 5), 10, characters);

describe("a replay", () => {
  test("is whole while it fits, and a snapshot one character over", () => {
    expect(replay(3 * EACH)).toMatchObject({
      kind: "replay",
      after: 2,
      entries: [{ offset: 3 }, { offset: 4 }, { offset: 5 }],
    });
    expect(replay(3 * EACH - 1)).toMatchObject({ kind: "snapshot", reason: "too-far" });
  });

  test("of a single event is never too much", () => {
    expect(recover({ since: at(4), channels: ALL, seq: false }, logOf(1, 5), 10, 1)).toMatchObject({
      kind: "replay",
      after: 4,
    });
  });

  test("that is too much begins with the snapshot", () => {
    const frames = (characters: number) =>
      initialFrames(logOf(1, 5), { since: at(2), channels: ALL }, "now", {
        replay: characters,
        snapshot: characters,
      });
    expect(frames(3 * EACH)).toHaveLength(4);
    expect(frames(3 * EACH - 1)).toMatchObject([
      { type: "hello", cursor: at(5), recovered: false },
    ]);
  });
});

describe("pages that are cut", () => {
  test.each([
    ["in the middle of two", 5 * EACH, [5, 3]],
    ["after every event", 1, [1, 1, 1, 1, 1, 1, 1, 1]],
    ["nowhere", 8 * EACH, [8]],
    ["one character before the end", 8 * EACH - 1, [7, 1]],
  ])("%s continue from each cursor until all was shown once", (_, characters, sizes) => {
    const log = logOf(1, 8);
    const seen: unknown[] = [];
    const lengths: number[] = [];
    let cursor = at(0);
    for (;;) {
      const page = pageOf(log, { since: cursor, channels: ALL, limit: 100 }, "now", characters);
      expect(page.reset).toBe(false);
      if (page.items.length === 0) break;
      lengths.push(page.items.length);
      seen.push(...page.items.map(({ event }) => event["seq" as keyof typeof event]));
      cursor = page.cursor;
    }
    expect([lengths, seen, cursor]).toEqual([sizes, [1, 2, 3, 4, 5, 6, 7, 8], at(8)]);
  });

  test("stand before the events of other channels that they did not get to", () => {
    const log = logOf(1, 8);
    const page = pageOf(
      log,
      { since: at(0), channels: ["export.g2.job"], limit: 100 },
      "now",
      EACH,
    );
    expect([page.items.length, page.cursor]).toEqual([1, at(3)]);
    expect(
      pageOf(log, { since: page.cursor, channels: ["export.g2.job"], limit: 100 }, "now", EACH),
    ).toMatchObject({
      items: [{ cursor: at(6) }],
      cursor: at(8),
    });
  });

  test.each([
    [false, [1, 2]],
    [true, [8, 7]],
  ])("of a Centrifugo history end where the budget does (backwards: %s)", (reverse, offsets) => {
    const past = readHistory(
      bothWays(1, 8),
      { channel: "exports:acme", since: null, limit: -1, reverse },
      2 * EACH,
    );
    expect(past.ok && past.value.result.publications.map(({ offset }) => offset)).toEqual(offsets);
  });
});
