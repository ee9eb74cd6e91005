// The steps of a sample export are in order and tell of one export.

import { expect, test } from "vitest";
import { CONSOLE_PLAN, exportSteps } from "../../../src/samples/steps.ts";

test("the console's export begins, progresses in order without going back, and ends", () => {
  const steps = exportSteps(CONSOLE_PLAN);
  expect(steps[0]).toEqual({ at: 0, event: "job.created", current: 0, total: 1_500 });
  expect(steps.at(-1)).toEqual({
    at: 19_500,
    event: "job.finished",
    current: 1_500,
    total: 1_500,
  });
  expect(steps.filter(({ event }) => event === "job.progress")).toHaveLength(12);
  expect(steps.map(({ at }) => at)).toEqual(
    steps.map(({ at }) => at).toSorted((left, right) => left - right),
  );
  expect(steps.map(({ current }) => current)).toEqual(
    steps.map(({ current }) => current).toSorted((left, right) => left - right),
  );
});

test("a failing export starts over after its failure and finishes with the whole total", () => {
  const steps = exportSteps({ length: 4_000, updateEvery: 200, total: 100, fails: true });
  const failed = steps.findIndex(({ event }) => event === "job.failed");
  expect(steps[failed]).toEqual({ at: 1_600, event: "job.failed", current: 40, total: 100 });
  expect(steps[failed + 1]).toEqual({ at: 2_000, event: "job.requeued", current: 0, total: 100 });
  expect(steps.at(-1)).toEqual({ at: 4_000, event: "job.finished", current: 100, total: 100 });
});
