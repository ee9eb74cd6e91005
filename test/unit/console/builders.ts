// One builder for each noun of the console's tests.

import type { JobEnvelope, JobState } from "../../../src/client/index.ts";
import type { Attempt, Delivery, RecordedUpdate } from "../../../src/console/api/wire.ts";
import { snapshot } from "../model/builders.ts";

/** A running job. */
export const job = (change: Partial<JobState> = {}): JobState =>
  snapshot({ current: 678, total: 1_500, ...change });

/** A progress event of that minute. */
export const event = (
  seq: number,
  minute: string,
  change: Partial<JobEnvelope> = {},
): JobEnvelope => ({
  version: "v3-beta",
  event: "job.progress",
  guid: "g1",
  status: "progress",
  url: null,
  details: {},
  id: `evt_${seq}`,
  seq,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: `2026-11-21T${minute}:00.000Z`,
  ...change,
});

/** An update that was not emitted. */
export const recorded = (minute: string, reason: string): RecordedUpdate => ({
  time: `2026-11-21T${minute}:00.000Z`,
  reason,
  event: "job.progress",
  current: 1,
  total: 2,
  url: null,
  error: null,
  occurredAt: null,
  details: {},
});

/** An attempt that was taken. */
export const attempt = (change: Partial<Attempt> = {}): Attempt => ({
  time: "2026-11-21T19:00:00.000Z",
  status: 200,
  error: null,
  ms: 20,
  trigger: "initial",
  answer: null,
  ...change,
});

/** A delivery without attempts. */
export const delivery = (change: Partial<Delivery> = {}): Delivery => ({
  id: "d1",
  subscriber: "crm",
  event: { id: "evt_1", event: "job.progress", guid: "g1", source: "comments", seq: 1 },
  state: "pending",
  attempts: [],
  nextAttemptAt: null,
  ...change,
});
