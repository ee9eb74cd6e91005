// Builders of updates and states of a job.

import type { Policy } from "../../../src/job/policy.ts";
import type { StoredUpdate, JobState } from "../../../src/job/state.ts";

/**
 * Five seconds between progress events, an hour of silence, thirty days of memory: the defaults of
 * a source.
 */
export const POLICY: Policy = {
  throttle: 5_000,
  stallAfter: 3_600_000,
  retention: 2_592_000_000,
  redact: [],
  oneAccount: false,
};

/** An update; a progress report without numbers by default. */
export const anUpdate = (fields: Partial<StoredUpdate> = {}): StoredUpdate => ({
  event: "job.progress",
  source: "comments",
  provider: "exportcomments",
  account: "acme",
  guid: "g-1",
  key: { kind: "id", value: "m-1" },
  url: null,
  current: null,
  total: null,
  error: null,
  details: {},
  occurredAt: null,
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  ...fields,
});

/** A progress report of `current` items. */
export const progress = (
  current: number | null,
  fields: Partial<StoredUpdate> = {},
): StoredUpdate => anUpdate({ current, total: 100, ...fields });

/** A job of which one `job.started` was emitted at 1,000 and nothing since. */
export const job = (fields: Partial<JobState> = {}): JobState => ({
  source: "comments",
  guid: "g-1",
  provider: "exportcomments",
  account: "acme",
  lifecycle: {
    attempt: 1,
    phase: "running",
    requeued: false,
    beganAt: null,
    seen: ["job.started"],
  },
  window: { lastAt: null, pending: null, dropped: 0 },
  progress: null,
  shownProgress: null,
  seq: 1,
  lifecycleCount: 1,
  lastRecord: 0,
  event: "job.started",
  status: "progress",
  url: null,
  error: null,
  current: null,
  total: null,
  details: {},
  createdAt: 1_000,
  updatedAt: 1_000,
  finishedAt: null,
  lastUpdateAt: 1_000,
  stalled: false,
  absorbed: 0,
  late: 0,
  conflicts: 0,
  untold: false,
  ...fields,
});
