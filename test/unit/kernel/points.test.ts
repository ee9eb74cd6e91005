// Data points for Analytics Engine.

import { expect, test } from "vitest";
import { writePoint, type Point } from "../../../src/kernel/analytics/points.io.ts";

const POINT: Point = {
  kind: "attempt",
  subject: "crm",
  result: "delivered",
  detail: "job.finished",
  ms: 12,
};

test("a point is an index, blobs and a double", () => {
  const points: unknown[] = [];
  writePoint({ METRICS: { writeDataPoint: (point: unknown) => points.push(point) } }, POINT);
  expect(points).toEqual([
    { indexes: ["crm"], blobs: ["attempt", "crm", "delivered", "job.finished"], doubles: [12] },
  ]);
});

test.each([
  ["without the binding", {}],
  ["where the binding is another thing", { METRICS: "text" }],
  ["where it is null", { METRICS: null }],
  [
    "where the dataset fails",
    {
      METRICS: {
        writeDataPoint: () => {
          throw new Error("over the limit");
        },
      },
    },
  ],
])("nothing happens %s", (_, env) => {
  expect(() => writePoint(env, POINT)).not.toThrow();
});
