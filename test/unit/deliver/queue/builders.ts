// Rows, dispatches and circumstances of a queue, for its tests.

import type { DeliveryRow } from "../../../../src/deliver/delivery.ts";
import type { PlanContext } from "../../../../src/deliver/queue/job-plan.ts";
import type { QueueRow } from "../../../../src/deliver/queue/queue-row.ts";
import { MINUTE } from "../../../../src/kernel/time.ts";
import type { JobEnvelope } from "../../../../src/model/event.ts";
import type { Dispatch } from "../../../../src/model/messages.ts";

/** The instant of these tests. */
export const NOW = Date.UTC(2026, 10, 21, 19);

/** The end of an export. */
export const event: JobEnvelope = {
  version: "v3-beta",
  event: "job.finished",
  guid: "g1",
  status: "done",
  url: null,
  details: { guid: "g1", note: "ü" },
  id: "evt_1",
  seq: 3,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};

/** Its dispatch. */
export const dispatch: Dispatch = { event, provider: "exportcomments", traceparent: "00-1-2-01" };

/** A stored delivery of the end that waits. */
export const storedDelivery = (over: Partial<DeliveryRow> = {}): DeliveryRow => ({
  n: 7,
  id: "dlv_7",
  eventId: "evt_1",
  event: "job.finished",
  guid: "g1",
  source: "comments",
  seq: 3,
  state: "pending",
  due: NOW,
  log: [],
  ...over,
});

/** A row that was enqueued just now; `seq` follows `n`. */
export const row = (n: number, over: Partial<QueueRow> = {}): QueueRow => ({
  n,
  job: "comments/g1",
  seq: n,
  kind: "other",
  at: NOW,
  due: NOW,
  waiting: "fresh",
  cause: "schedule",
  attempts: 0,
  step: 0,
  instantUsed: false,
  ...over,
});

/** Progress of a job. */
export const progress = (n: number, over: Partial<QueueRow> = {}): QueueRow =>
  row(n, { kind: "progress", ...over });

/** The end of a job. */
export const end = (n: number, over: Partial<QueueRow> = {}): QueueRow =>
  row(n, { kind: "end", ...over });

/** What a row looks like whose subscriber did not take it. */
export const failing = { waiting: "unavailable", due: NOW + MINUTE, attempts: 1, step: 1 } as const;

/** What a plan depends on besides the rows. */
export const context = (over: Partial<PlanContext> = {}): PlanContext => ({
  now: NOW,
  order: "job",
  throttle: 0,
  underWay: new Set(),
  progressSentAt: new Map(),
  held: false,
  collapseProgress: false,
  ignoreSchedule: false,
  ...over,
});
