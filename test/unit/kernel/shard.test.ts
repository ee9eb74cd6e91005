// Shards: the same one for the same job on every version, and evenly used.

import { describe, expect, test } from "vitest";
import { shardOf } from "../../../src/kernel/shard.ts";

describe("shardOf", () => {
  test.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["b", 0xe70c2de5],
    ["foobar", 0xbf9cf968],
  ])("of %j is the published FNV-1a hash", (key, hash) => {
    expect(shardOf(key, 2 ** 32)).toBe(hash);
  });

  test.each([
    ["comments/b4219d47", 1, 0],
    ["a", 4, 0xe40c292c % 4],
    ["foobar", 7, 0xbf9cf968 % 7],
  ])("of %s in %d shards is %d", (key, shards, shard) => {
    expect(shardOf(key, shards)).toBe(shard);
  });

  test.each([2, 4, 7, 16])(
    "spreads ten thousand jobs over %d shards within 15 percent",
    (shards) => {
      const counts = Array.from({ length: shards }, () => 0);
      for (let job = 0; job < 10_000; job += 1) {
        const shard = shardOf(`comments/job-${job}`, shards);
        counts[shard] = (counts[shard] ?? 0) + 1;
      }
      const even = 10_000 / shards;
      expect(counts.length).toBe(shards);
      expect(counts.filter((count) => Math.abs(count - even) > even * 0.15)).toEqual([]);
    },
  );
});
