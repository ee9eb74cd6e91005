// Which published events of jobs are new to an account, and what they leave in its index of jobs.

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

/** What a call of `publish` adds: events in order, and each job's row once, however many of its events came. */
export interface NewPublications {
  readonly events: readonly JobEnvelope[];
  readonly jobs: readonly IndexedJob[];
}

/** When a job began, as its place in a newest-first list. */
export const createdOf = (snapshot: Pick<JobSnapshot, "createdAt">): Millis =>
  parseIso(snapshot.createdAt) ?? 0;

/**
 * Takes in publications, which arrive at least once, overlapping, and per job in `seq` order: what is not newer than the
 * newest known event of its job is dropped. `seqOf` gives that event's `seq`, 0 for a job that is not known.
 */
export function selectNew(
  publications: readonly Publication[],
  seqOf: (snapshot: JobSnapshot) => number,
): NewPublications {
  const events: JobEnvelope[] = [];
  const jobs = new Map<string, IndexedJob>();
  for (const { event, snapshot } of publications) {
    // A source id has no slash, so two jobs never share a key.
    const key = `${snapshot.source}/${snapshot.guid}`;
    if (event.seq <= (jobs.get(key)?.seq ?? seqOf(snapshot))) continue;
    events.push(event);
    jobs.set(key, {
      created: createdOf(snapshot),
      source: snapshot.source,
      guid: snapshot.guid,
      seq: event.seq,
      snapshot,
    });
  }
  return { events, jobs: [...jobs.values()] };
}
