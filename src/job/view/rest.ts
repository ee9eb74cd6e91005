// What travels with an event of a job so that its readers know the whole job.

import type { JobEnvelope, JobSnapshot } from "../../model/event.ts";
import { reduceJob, type JobRest } from "../../model/reduce.ts";

/** The members of a job's snapshot that its newest event does not say. */
export function restOf(snapshot: JobSnapshot, event: JobEnvelope): JobRest {
  const read = reduceJob(event, {});
  return Object.fromEntries(
    Object.entries(snapshot).filter(
      ([name, value]) => name !== "details" && value !== read[name as keyof JobSnapshot],
    ),
  );
}
