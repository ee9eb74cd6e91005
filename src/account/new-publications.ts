// Which published events of jobs are new to an account, and how they change its index of jobs.

import type { JobEnvelope, JobSnapshot } from "../model/event.ts";
import type { Publication } from "../model/messages.ts";
import { parseIso, type Millis } from "../kernel/time.ts";

/** A row of the account's index of jobs. */
export interface IndexedJob {
  readonly created: Millis;
  readonly source: string;
  readonly guid: string;
  /** The newest event of the job in the account's log. */
  readonly seq: number;
  readonly snapshot: JobSnapshot;
}

/** What a call of `publish` adds: events in order, and one row for each job. */
interface NewPublications {
  readonly events: readonly JobEnvelope[];
  readonly jobs: readonly IndexedJob[];
}

/** When a job began; lists are ordered by it. */
export const createdOf = (snapshot: Pick<JobSnapshot, "createdAt">): Millis =>
  parseIso(snapshot.createdAt) ?? 0;

/**
 * Selects the new publications. They arrive at least once and in `seq` order per job, so one that
 * is not newer than the newest known event of its job is dropped. `seqOf` answers the `seq` of that
 * event, 0 for an unknown job.
 */
export function selectNew(
  publications: readonly Publication[],
  seqOf: (snapshot: JobSnapshot) => number,
): NewPublications {
  const events: JobEnvelope[] = [];
  const jobs = new Map<string, IndexedJob>();
  for (const { event, snapshot, amended = false } of publications) {
    // A source id has no slash, so two jobs never share a key.
    const key = `${snapshot.source}/${snapshot.guid}`;
    const { source, guid } = snapshot;
    const known = jobs.get(key)?.seq ?? seqOf(snapshot);
    // An amendment changes the job's row alone, unless a newer snapshot is there already.
    if (amended ? known !== snapshot.seq : event.seq <= known) continue;
    if (!amended) events.push(event);
    const seq = amended ? known : event.seq;
    jobs.set(key, { created: createdOf(snapshot), source, guid, seq, snapshot });
  }
  return { events, jobs: [...jobs.values()] };
}
