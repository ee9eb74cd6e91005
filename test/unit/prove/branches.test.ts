// What the measure of branches adds up: the files that decide.

import { expect, test } from "vitest";
import { coverageOf, isPure, percentTaken } from "../../branches/files.ts";

test.each([
  ["src/job/decide.ts", true],
  ["src/deliver/queue/plan.ts", true],
  ["src/job/job.object.ts", false],
  ["src/job/storage/job.store.ts", false],
  ["src/api/jobs.routes.ts", false],
  ["src/job/outbox/send.io.ts", false],
  ["src/index.ts", false],
  ["src/cli/listen/play.ts", false],
  ["src/console/main.tsx", false],
])("%s counts: %s", (file, counts) => {
  expect(isPure(file)).toBe(counts);
});

test("branches of pure files are added up, and what is missing is named, the most first", () => {
  const coverage = coverageOf({
    "src/job/decide.ts": { total: 10, covered: 9 },
    "src/job/dedupe.ts": { total: 20, covered: 18 },
    "src/job/throttle.ts": { total: 5, covered: 5 },
    "src/job/job.object.ts": { total: 9, covered: 0 },
  });
  expect(coverage).toEqual({
    total: 35,
    covered: 32,
    missing: [
      { file: "src/job/dedupe.ts", count: 2 },
      { file: "src/job/decide.ts", count: 1 },
    ],
  });
  expect(percentTaken(coverage)).toBe(91.4);
  expect([percentTaken({ total: 10_000, covered: 9_699 }), percentTaken(coverageOf({}))]).toEqual([
    96.9, 0,
  ]);
});
