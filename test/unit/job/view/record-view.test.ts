// Kept updates as the API shows them.

import { expect, test } from "vitest";
import { recordedPage } from "../../../../src/job/view/record-view.ts";
import { anUpdate } from "../builders.ts";

test("records are shown in order, and the cursor is the number of the last one", () => {
  const update = anUpdate({
    event: "job.progress",
    current: 5,
    total: 9,
    details: { note: "n" },
    occurredAt: Date.UTC(2026, 10, 28),
  });
  const late = anUpdate({ event: "job.started" });
  const records = [
    { n: 4, at: Date.UTC(2026, 10, 28, 12), reason: "absorbed", update },
    { n: 7, at: Date.UTC(2026, 10, 28, 13), reason: "late", update: late },
  ] as const;
  const { recorded, recordedCursor } = recordedPage(records, 3);
  expect(recordedCursor).toBe("7");
  expect(recorded).toMatchObject([
    {
      time: "2026-11-28T12:00:00.000Z",
      reason: "absorbed",
      event: "job.progress",
      current: 5,
      total: 9,
      occurredAt: "2026-11-28T00:00:00.000Z",
      details: { note: "n" },
    },
    { time: "2026-11-28T13:00:00.000Z", reason: "late", event: "job.started", occurredAt: null },
  ]);
});

test("without records the cursor stays where it was", () => {
  expect(recordedPage([], 3)).toEqual({ recorded: [], recordedCursor: "3" });
});
