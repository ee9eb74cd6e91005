import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { channelsOf } from "../../../../src/account/entries.ts";
import { LogPositions, type LoggedEntry } from "../../../../src/account/log/positions.ts";

const logged = (
  offset: number,
  kind: "exports" | "webhooks" | "user",
  guid: string,
): LoggedEntry => ({
  offset,
  channels: channelsOf(kind, guid, "acme"),
  source: "s",
  guid: kind === "user" ? "" : guid,
});

const positionsOf = (entries: readonly LoggedEntry[]): LogPositions => {
  const positions = new LogPositions();
  for (const entry of entries) positions.add(entry);
  return positions;
};

const CHANNELS = ["exports:acme", "webhooks:acme", "user:acme", "export.a.job", "export.b.job"];

describe("the positions of a log", () => {
  const entries = [
    logged(3, "exports", "a"),
    logged(4, "webhooks", "a"),
    logged(7, "exports", "b"),
    logged(8, "user", ""),
    logged(9, "exports", "a"),
  ];

  test("are found by channel, in both directions, as many as asked for", () => {
    const positions = positionsOf(entries);
    const channels = ["export.a.job", "webhooks:acme"];
    expect(positions.after({ from: 0, limit: 9, channels })).toEqual([3, 4, 9]);
    expect(positions.after({ from: 3, limit: 1, channels })).toEqual([4]);
    expect(positions.before({ from: 10, limit: 9, channels })).toEqual([9, 4, 3]);
    expect(positions.before({ from: 9, limit: 1, channels })).toEqual([4]);
    expect(positions.after({ from: 0, limit: 9, channels: ["export.none.job"] })).toEqual([]);
  });

  test("are those of a job's events and attempts, until it is erased", () => {
    const positions = positionsOf(entries);
    expect(positions.ofJob("s", "a")).toEqual([3, 4, 9]);
    expect(positions.ofJob("s", "")).toEqual([]);
    positions.removeJob("s", "a", CHANNELS);
    expect(positions.ofJob("s", "a")).toEqual([]);
    expect(positions.after({ from: 0, limit: 9, channels: CHANNELS })).toEqual([7, 8]);
  });

  test("are forgotten up to an offset", () => {
    const positions = positionsOf(entries);
    positions.removeUpTo(7);
    expect(positions.ofJob("s", "a")).toEqual([9]);
    expect(positions.after({ from: 0, limit: 9, channels: CHANNELS })).toEqual([8, 9]);
  });

  test("are the same as those of a search through every entry", () => {
    const entry = record({
      kind: constantFrom("exports", "webhooks", "user"),
      guid: constantFrom("a", "b", "c"),
    });
    assert(
      property(
        array(entry, { maxLength: 40 }),
        integer({ min: 0, max: 45 }),
        integer({ min: 1, max: 10 }),
        constantFrom(...CHANNELS),
        (all, from, limit, channel) => {
          const log = all.map(({ kind, guid }, index) => logged(index + 1, kind, guid));
          const positions = positionsOf(log);
          const range = { from, limit, channels: [channel, "user:acme"] };
          const on = log
            .filter(({ channels }) => range.channels.some((name) => channels.includes(name)))
            .map(({ offset }) => offset);
          expect(positions.after(range)).toEqual(on.filter((one) => one > from).slice(0, limit));
          expect(positions.before(range)).toEqual(
            on
              .filter((one) => one < from)
              .toReversed()
              .slice(0, limit),
          );
        },
      ),
    );
  });
});
