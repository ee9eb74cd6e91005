// Which of a source's settings a job obeys.

import { expect, test } from "vitest";
import type { Settings } from "../../../src/config/settings.ts";
import { policyOf, policyOrNull } from "../../../src/job/policy.ts";

const settings = (source: object | null): Settings =>
  ({ sources: new Map(source === null ? [] : [["comments", source]]) }) as unknown as Settings;

const DEFAULTS = {
  throttle: 5_000,
  stallAfter: 3_600_000,
  retention: 2_592_000_000,
  redact: [],
  oneAccount: false,
};

test("a job obeys what its source says", () => {
  const source = { throttle: 0, stallAfter: 1, retention: 2, redact: ["email"], account: "acme" };
  expect(policyOf(settings(source), "comments")).toEqual({
    throttle: 0,
    stallAfter: 1,
    retention: 2,
    redact: ["email"],
    oneAccount: true,
  });
});

test("a job whose source names no account may belong to any", () => {
  const source = { throttle: 5_000, stallAfter: 3_600_000, retention: 2_592_000_000, redact: [] };
  expect(policyOf(settings({ ...source, account: null }), "comments")).toEqual(DEFAULTS);
});

test("a job whose source has left the configuration obeys the defaults", () => {
  expect(policyOf(settings(null), "comments")).toEqual(DEFAULTS);
  expect(policyOrNull(settings(null), "comments")).toEqual(DEFAULTS);
});

test("while the configuration is broken nobody knows what a job obeys", () => {
  expect(policyOrNull(null, "comments")).toBe(null);
});
