// The state of a job after an event, as its public snapshot shows it: one reduction, for the job's
// object and for every reader of its events.

import type { JobEnvelope, JobSnapshot } from "./event.ts";

/**
 * What an event does not say of the job after it: the members of the snapshot that differ from
 * those that are read from the event alone. An event travels with them.
 */
export type JobRest = Partial<Omit<JobSnapshot, "details">>;

/** Events that end a job, or an attempt of it: `job.finished`, `job.failed`, bulk downloads. */
export const ENDS = /^job.f|^bulk/;

/**
 * The job after an event. `rest` makes it the snapshot that the relay shows at that event. An event
 * that was stored by version 0.1.0 has none: then `was`, the job before it, helps as far as it can.
 */
export function reduceJob(
  event: JobEnvelope,
  rest: JobRest | undefined,
  was?: JobSnapshot,
): JobSnapshot {
  const { version: _version, id: _id, occurredAt: _at, time, ...said } = event;
  const { details, event: name } = event;
  return {
    createdAt: time,
    absorbed: 0,
    late: 0,
    conflicts: 0,
    ...(rest ? {} : was),
    ...said,
    current: event.current ?? details["totalExported"] ?? null,
    total: event.total ?? details["total"] ?? null,
    error: details["error"] ?? null,
    updatedAt: time,
    finishedAt: ENDS.test(name) ? time : null,
    stalled: name === "job.stalled",
    ...rest,
  } as JobSnapshot;
}
