import { expect, test } from "vitest";
import { backoffWait } from "../../../src/kernel/backoff.ts";

test.each([
  [0, 500],
  [1, 500],
  [2, 1_000],
  [3, 2_000],
  [7, 32_000],
  [8, 60_000],
  [10_000, 60_000],
])("after %i failures the wait is %i ms", (failures, wait) => {
  expect(backoffWait({ first: 500, longest: 60_000 }, failures)).toBe(wait);
});
