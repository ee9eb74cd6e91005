// The state of a job that begins.

import { expect, test } from "vitest";
import { newJob } from "../../../src/job/next-state.ts";
import { anUpdate, job } from "./builders.ts";

const { lifecycle } = job();

test("a new job goes to the subscribers that its first update names, or to all of them", () => {
  expect(newJob(anUpdate({ only: ["crm"] }), lifecycle, 5).only).toEqual(["crm"]);
  expect(newJob(anUpdate({ only: [] }), lifecycle, 5).only).toEqual([]);
  expect(newJob(anUpdate(), lifecycle, 5)).not.toHaveProperty("only");
});

test("a new job has emitted, counted and ended nothing", () => {
  expect(newJob(anUpdate(), lifecycle, 5)).toMatchObject({
    seq: 0,
    createdAt: 5,
    updatedAt: 5,
    lastUpdateAt: 5,
    finishedAt: null,
    absorbed: 0,
    late: 0,
    conflicts: 0,
  });
});
