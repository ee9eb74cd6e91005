import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../../src/stream/log.ts";
import { SnapshotCache } from "../../../src/stream/snapshot-cache.ts";

function counted(account = "acme"): { readonly cache: SnapshotCache; readonly made: string[] } {
  const made: string[] = [];
  const snapshot = (channels: readonly string[]): Snapshot => {
    made.push(channels.join());
    return { account, jobs: [] };
  };
  return { cache: new SnapshotCache({ snapshot }), made };
}

describe("the snapshots of a log", () => {
  test("are made once for each list of channels, until the log changes", () => {
    const { cache, made } = counted();
    for (let clients = 0; clients < 1_000; clients += 1) cache.of(["a", "b"]);
    cache.of(["a,b"]);
    expect(made).toEqual(["a,b", "a,b"]);
    cache.clear();
    cache.of(["a", "b"]);
    expect(made).toHaveLength(3);
  });

  test("are not kept when they are large, or when eight others are", () => {
    const large = counted("x".repeat(1_000_001));
    large.cache.of(["a"]);
    large.cache.of(["a"]);
    expect(large.made).toHaveLength(2);
    const many = counted();
    for (const round of [1, 2])
      for (let index = 1; index <= 9; index += 1) many.cache.of([`c${index}`, String(round > 0)]);
    expect(many.made).toHaveLength(10);
  });
});
