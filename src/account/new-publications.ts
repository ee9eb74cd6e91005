// Which published events of jobs are new to an account, and how they change its index of jobs.

import type { JobSnapshot } from "../model/event.ts";
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
  readonly events: readonly Pick<Publication, "event" | "rest">[];
  readonly jobs: readonly IndexedJob[];
  /** The jobs after events that change no row, by the id of the event: the log keeps them. */
  readonly unlisted: ReadonlyMap<string, JobSnapshot>;
}

/** When a job began; lists are ordered by it. */
export const createdOf = (snapshot: Pick<JobSnapshot, "createdAt">): Millis =>
  parseIso(snapshot.createdAt) ?? 0;

/** Most characters of a link and an error that the log keeps a second time, beside the event. */
const MAX_LOGGED_TWICE = 10_000;

const fitsLog = ({ url, error }: JobSnapshot): boolean =>
  (url?.length ?? 0) + (error?.length ?? 0) <= MAX_LOGGED_TWICE;

/**
 * From which instant on an event may have been logged. One that is sent for the first time was
 * logged only by the same call, which may come twice, or late; and it stands in the log alone only
 * where it changes no row.
 */
function loggedFrom({ event, first = false, minor = false }: Publication): Millis {
  if (!first) return 0;
  return minor ? (parseIso(event.time) ?? 0) : Infinity;
}

/**
 * Selects the new publications. They arrive at least once and in `seq` order per job, so one that
 * is not newer than the newest known event of its job is dropped, whatever its sender says: a call
 * may be late. `seqOf` answers the `seq` of that event, 0 for an unknown job; it need not look at
 * what was logged before `from`.
 */
export function selectNew(
  publications: readonly Publication[],
  seqOf: (snapshot: JobSnapshot, from: Millis) => number,
): NewPublications {
  const events: Publication[] = [];
  const jobs = new Map<string, IndexedJob>();
  const unlisted = new Map<string, JobSnapshot>();
  const listed = new Set<string>();
  for (const publication of publications) {
    const { event, snapshot, amended = false, minor = false } = publication;
    // A source id has no slash, so two jobs never share a key.
    const key = `${snapshot.source}/${snapshot.guid}`;
    const { source, guid } = snapshot;
    const known = jobs.get(key)?.seq ?? seqOf(snapshot, loggedFrom(publication));
    // An amendment changes the job's row alone, unless a newer snapshot is there already.
    if (amended ? known !== snapshot.seq : event.seq <= known) continue;
    if (!amended) events.push(publication);
    if (minor && !amended && fitsLog(snapshot)) unlisted.set(event.id, snapshot);
    else listed.add(key);
    const seq = amended ? known : event.seq;
    jobs.set(key, { created: createdOf(snapshot), source, guid, seq, snapshot });
  }
  const rows = [...jobs].filter(([key]) => listed.has(key)).map(([, job]) => job);
  return { events, jobs: rows, unlisted };
}
