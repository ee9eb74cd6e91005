// Erasing a job's files: all of them, whatever the bucket does, in a bounded number of calls.

import { describe, expect, test } from "vitest";
import { eraseFiles } from "../../../../../src/deliver/targets/archive/erase.io.ts";
import { BINDINGS } from "../../../../support/bindings.ts";

/** A bucket in memory; it lists 100 objects at a time, and fails as often as it is told. */
function bucketOf(keys: readonly string[], failures = 0) {
  const left = new Set(keys);
  let toFail = failures;
  let calls = 0;
  return {
    left,
    calls: () => calls,
    list({ prefix = "" }: R2ListOptions) {
      calls += 1;
      toFail -= 1;
      if (toFail >= 0) return Promise.reject(new Error("the bucket is away"));
      const found = [...left].filter((key) => key.startsWith(prefix));
      const objects = found.slice(0, 100).map((key) => ({ key }));
      return Promise.resolve({ objects, truncated: found.length > 100 });
    },
    delete(gone: readonly string[]) {
      for (const key of gone) left.delete(key);
      return Promise.resolve();
    },
  };
}

const envWith = (FILES: object): object => ({
  ...BINDINGS,
  SUBSCRIBERS: [
    { id: "files", archive: "FILES" },
    { id: "crm", service: "CRM" },
  ],
  FILES,
  CRM: {},
});

const files = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `comments/a%2Fb/${index}.csv`);
const JOB = { source: "comments", guid: "a/b" };

describe("eraseFiles", () => {
  test("removes the files of a job alone, page by page", async () => {
    const bucket = bucketOf([...files(250), "comments/a/b/other.csv", "comments/a%2Fbc/other.csv"]);
    await eraseFiles(envWith(bucket), "files", JOB);
    expect([...bucket.left]).toEqual(["comments/a/b/other.csv", "comments/a%2Fbc/other.csv"]);
    expect(bucket.calls()).toBe(3);
  });

  test("throws when the bucket fails, and removes the rest when it is repeated", async () => {
    const bucket = bucketOf(files(3), 1);
    await expect(eraseFiles(envWith(bucket), "files", JOB)).rejects.toThrow("the bucket is away");
    await eraseFiles(envWith(bucket), "files", JOB);
    expect([...bucket.left]).toEqual([]);
  });

  test("ends after 20 pages, and goes on when it is repeated", async () => {
    const bucket = bucketOf(files(2_050));
    await expect(eraseFiles(envWith(bucket), "files", JOB)).rejects.toThrow("more files");
    await eraseFiles(envWith(bucket), "files", JOB);
    expect(bucket.left.size).toBe(0);
  });

  test.each(["crm", "gone"])("has nothing to do for the subscriber %s", async (id) => {
    const bucket = bucketOf(files(1));
    await eraseFiles(envWith(bucket), id, JOB);
    expect(bucket.calls()).toBe(0);
  });
});
