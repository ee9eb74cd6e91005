// The state of a job after an event, as its public snapshot shows it: the one reduction that every
// reader of events uses.

import type { JobEnvelope, JobSnapshot } from "./event.ts";

/** Members that events do not tell, or not whole. */
type Counted = "provider" | "absorbed" | "late" | "conflicts";

/**
 * A job as its events tell of it. Its provider is known from a snapshot only. `late` and
 * `conflicts` are those of the last snapshot, since what they count makes no event; `absorbed` has
 * what was dropped for emitted progress since, and lacks what an end or a requeue dropped.
 */
export type ReducedJob = Omit<JobSnapshot, Counted> & Partial<Pick<JobSnapshot, Counted>>;

/** Events that end a job, or an attempt of it: `job.finished`, `job.failed`, bulk downloads. */
export const ENDS = /^job.f|^bulk/;

/** Events that leave a job's numbers, its end and its file as they are. */
const BESIDE = /conv|stal|arch/;

/**
 * Reduces a state and the event after it to the next state; without a state, the event is the first
 * that is known. After every event, the result equals the snapshot that the relay shows.
 */
export function reduceJob(was: ReducedJob | undefined, event: JobEnvelope): ReducedJob {
  const { version: _version, id: _id, occurredAt: _at, time, absorbed = 0, ...said } = event;
  const { attempt, details, event: name } = event;
  const same = was?.attempt === attempt ? was : undefined;
  const beside = BESIDE.test(name);
  const number = (own: "current" | "total", detail: string): number | null =>
    (beside
      ? same?.[own]
      : (event[own] ??
        (name === "job.progress" ? null : ((details[detail] as number) ?? same?.[own])))) ?? null;
  return {
    createdAt: time,
    late: 0,
    conflicts: 0,
    ...was,
    ...said,
    absorbed: (was?.absorbed ?? 0) + absorbed,
    url: event.url ?? (beside && same ? same.url : null),
    current: number("current", "totalExported"),
    total: number("total", "total"),
    error: (details["error"] as string | undefined) ?? null,
    updatedAt: time,
    finishedAt: ENDS.test(name) ? time : (same?.finishedAt ?? null),
    stalled: name === "job.stalled",
  };
}
