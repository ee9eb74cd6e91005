import { describe, expect, test } from "vitest";
import { sameSecret } from "../../../src/kernel/same-secret.io.ts";

describe("two secrets", () => {
  test.each([
    ["equal ones", "s3cret", "s3cret", true],
    ["one that is the beginning of the other", "s3cre", "s3cret", false],
    ["one that the other is the beginning of", "s3crets", "s3cret", false],
    ["another case", "S3cret", "s3cret", false],
    ["nothing and something", "", "s3cret", false],
    ["half a surrogate pair and what it is encoded as", "\ud800", "\ufffd", true],
    ["very different lengths", "x".repeat(100_000), "x", false],
  ])("%s: %#", async (_, given, wanted, same) => {
    expect(await sameSecret(given, wanted)).toBe(same);
  });
});
