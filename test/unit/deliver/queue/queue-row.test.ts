// How the order of the queue sees each event.

import { expect, test } from "vitest";
import { kindOf } from "../../../../src/deliver/queue/queue-row.ts";

test.each([
  ["job.progress", "progress"],
  ["job.finished", "end"],
  ["job.failed", "end"],
  ["bulk_download.ready", "end"],
  ["bulk_download.failed", "end"],
  ["job.created", "other"],
  ["job.started", "other"],
  ["job.requeued", "other"],
  ["job.convert.done", "other"],
  ["job.convert.failed", "other"],
  ["job.stalled", "other"],
  ["job.archived", "other"],
  ["subscription.updated", "other"],
] as const)("%s is %s to the queue", (name, kind) => {
  expect(kindOf(name)).toBe(kind);
});
