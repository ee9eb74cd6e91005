// The index of an account's jobs, newest first: the snapshot of each, and the newest `seq` in the
// account's log.

import type { JobSnapshot } from "../model/event.ts";
import type { Millis } from "../kernel/time.ts";
import type { JobName } from "../model/messages.ts";
import { LatestProgressStore } from "./log/latest-progress.store.ts";
import type { AccountTables } from "./tables.store.ts";
import { createdOf, type IndexedJob } from "./new-publications.ts";
import { MAX_EXAMINED_JOBS, SNAPSHOT_JOBS } from "./retention.ts";
import { MAX_READ_CHARACTERS } from "../stream/bounded-read.ts";

/** The position of a job in the list. */
export interface JobPlace extends JobName {
  readonly createdAt: Millis;
}

/** Which jobs are listed; `before` is the last job of the page before. */
export interface JobsQuery {
  readonly source?: string;
  readonly status?: string;
  /** The newest event. */
  readonly event?: string;
  /** Part of a guid, as it is written. */
  readonly q?: string;
  /** Bounds of `createdAt`: from `since` on, and before `until`. They end the search. */
  readonly since?: Millis;
  readonly until?: Millis;
  readonly before?: JobPlace;
  readonly limit: number;
}

/** A page of jobs, and whether there are more after it. */
export interface JobList {
  readonly jobs: readonly JobSnapshot[];
  readonly more: boolean;
  /** Where a search ended that had examined enough; the next page begins there. */
  readonly reached?: JobPlace;
}

/** Most characters of an answer, and jobs that a search looks at. */
interface AnswerBounds {
  readonly characters: number;
  readonly examined: number;
}

type PlaceRow = { created: number; source: string; guid: string };
type SnapshotRow = { snapshot: string };
type FoundRow = { seq: number; created: number };

const NONE: JobList = { jobs: [], more: false };

const placeOf = ({ created, source, guid }: PlaceRow): JobPlace => ({
  createdAt: created,
  source,
  guid,
});

/**
 * Typed access to the index. Its key is its order (`created DESC, source, guid`), so a list is a
 * range. An index on the guid finds a job by its name: one row more for each job, and none for its
 * events, since their rows keep their guid.
 */
export class JobsStore {
  readonly #sql: SqlStorage;
  readonly #tables: AccountTables;
  readonly #bounds: AnswerBounds;
  readonly #progress: LatestProgressStore;

  constructor(
    sql: SqlStorage,
    tables: AccountTables,
    {
      progress,
      ...bounds
    }: Partial<AnswerBounds> & { readonly progress?: LatestProgressStore } = {},
  ) {
    this.#progress = progress ?? new LatestProgressStore(sql, tables);
    this.#sql = sql;
    this.#tables = tables;
    this.#bounds = { characters: MAX_READ_CHARACTERS, examined: MAX_EXAMINED_JOBS, ...bounds };
  }

  /**
   * The newest logged `seq` of a snapshot's job; 0 for an unknown job. Progress that was logged
   * before `from` may be left out.
   */
  seqOf(snapshot: JobSnapshot, from: Millis = 0): number {
    const progress = this.#progress;
    const logged = from === 0 ? progress.seqOf(snapshot) : progress.seqSince(snapshot, from);
    return Math.max(this.listedSeq(snapshot), logged);
  }

  /** The same without progress that stands in the log alone. */
  listedSeq(snapshot: JobSnapshot): number {
    if (!this.#tables.exist) return 0;
    const { source, guid } = snapshot;
    const row = this.#sql
      .exec<{ seq: number }>(
        "SELECT seq FROM job WHERE created = ? AND source = ? AND guid = ?",
        createdOf(snapshot),
        source,
        guid,
      )
      .toArray()[0];
    if (row !== undefined) return row.seq;
    // A job's first event has no row yet. The row of a later one may have another instant of
    // creation.
    return snapshot.seq <= 1 ? 0 : (this.#find(source, guid)?.seq ?? 0);
  }

  /** Writes a job's row: one row written, one more for a new job. */
  put({ created, source, guid, seq, snapshot }: IndexedJob): void {
    this.#tables.create();
    const { status, event } = snapshot;
    const columns = [created, source, guid, seq, status, event, JSON.stringify(snapshot)];
    // A later event may find a row with another instant of creation.
    if (snapshot.seq > 1 && !this.#has(created, source, guid)) this.remove(source, guid);
    this.#sql.exec(
      `INSERT INTO job (created, source, guid, seq, status, event, snapshot)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (created, source, guid) DO UPDATE SET seq = excluded.seq,
         status = excluded.status, event = excluded.event, snapshot = excluded.snapshot`,
      ...columns,
    );
  }

  /** True when a job is here that was created after `time`. */
  isNewer(source: string, guid: string, time: Millis): boolean {
    return (this.#find(source, guid)?.created ?? 0) > time;
  }

  #has(created: Millis, source: string, guid: string): boolean {
    const query = "SELECT 1 FROM job WHERE created = ? AND source = ? AND guid = ?";
    return this.#sql.exec(query, created, source, guid).toArray().length > 0;
  }

  remove(source: string, guid: string): void {
    if (!this.#tables.exist) return;
    const query = "DELETE FROM job INDEXED BY job_guid WHERE guid = ? AND source = ?";
    this.#sql.exec(query, guid, source);
  }

  /**
   * A page of jobs, newest first, ties by source and guid; shorter than its limit where the jobs
   * are large. A search that has examined enough jobs ends, whether it found some or not.
   */
  list(query: JobsQuery): JobList {
    if (!this.#tables.exist) return NONE;
    const { source = null, status = null, event = null, q = null, ...bounds } = query;
    const {
      before,
      since = Number.MIN_SAFE_INTEGER,
      until = Number.MAX_SAFE_INTEGER,
      limit,
    } = bounds;
    const begins = before !== undefined && before.createdAt < until;
    const searches = [source, status, event, q].some((wanted) => wanted !== null);
    const rows = this.#sql.exec<PlaceRow & { snapshot: string | null }>(
      `SELECT created, source, guid,
         IIF((?5 IS NULL OR source = ?5) AND (?6 IS NULL OR status = ?6)
           AND (?7 IS NULL OR event IS NULL OR event = ?7)
           AND (?8 IS NULL OR instr(guid, ?8) > 0), snapshot, NULL) AS snapshot
       FROM job WHERE created <= ?1 AND (created < ?1 OR (source, guid) > (?2, ?3))
         AND created >= ?4
       ORDER BY created DESC, source, guid LIMIT ?9`,
      ...(begins ? [before.createdAt, before.source, before.guid] : [until - 1, "", ""]),
      since,
      source,
      status,
      event,
      q,
      1 + (searches ? this.#bounds.examined : limit),
    );
    return this.#firstJobs(rows, limit, event);
  }

  /** The newest jobs, as a snapshot shows them. */
  newest(): readonly JobSnapshot[] {
    return this.list({ limit: SNAPSHOT_JOBS }).jobs;
  }

  /** The newest jobs of these guids, of any source. */
  withGuids(guids: readonly string[]): readonly JobSnapshot[] {
    if (guids.length === 0 || !this.#tables.exist) return [];
    const places = this.#sql
      .exec<PlaceRow>(
        `SELECT created, source, guid FROM job INDEXED BY job_guid
         WHERE guid IN (SELECT value FROM json_each(?))
         ORDER BY created DESC, source, guid LIMIT ?`,
        JSON.stringify(guids),
        SNAPSHOT_JOBS,
      )
      .toArray();
    return this.#firstJobs(this.#read(places), SNAPSHOT_JOBS).jobs;
  }

  /** Reads jobs one after the other: all of them at once might fill the memory. */
  *#read(places: readonly PlaceRow[]): Generator<PlaceRow & SnapshotRow> {
    for (const { created, source, guid } of places)
      yield* this.#sql.exec<PlaceRow & SnapshotRow>(
        `SELECT created, source, guid, snapshot FROM job
         WHERE created = ? AND source = ? AND guid = ?`,
        created,
        source,
        guid,
      );
  }

  /**
   * The first `limit` jobs within the bounds, at least one; later rows are not read. With `event`
   * only those whose newest event it is.
   */
  #firstJobs(
    rows: Iterable<PlaceRow & { readonly snapshot: string | null }>,
    limit: number,
    event: string | null = null,
  ): JobList {
    const { characters, examined } = this.#bounds;
    const jobs: JobSnapshot[] = [];
    let size = 0;
    let count = 0;
    let last: PlaceRow | null = null;
    for (const row of rows) {
      // A caller of an earlier version does not know `reached`, and would ask again without end.
      if (last !== null && count >= examined) return { jobs, more: false, reached: placeOf(last) };
      count += 1;
      last = row;
      if (row.snapshot === null) continue;
      size += row.snapshot.length;
      if (jobs.length >= limit || (jobs.length > 0 && size > characters))
        return { jobs, more: true };
      const listed = JSON.parse(row.snapshot) as JobSnapshot;
      const job = this.#progress.after(listed) ?? listed;
      if (event === null || job.event === event) jobs.push(job);
    }
    return { jobs, more: false };
  }

  #find(source: string, guid: string): FoundRow | undefined {
    return this.#sql
      .exec<FoundRow>(
        "SELECT seq, created FROM job INDEXED BY job_guid WHERE guid = ? AND source = ? LIMIT 1",
        guid,
        source,
      )
      .toArray()[0];
  }
}
