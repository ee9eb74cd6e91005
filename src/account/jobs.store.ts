// The index of an account's jobs, newest first: the snapshot of each, and the newest `seq` in the
// account's log.

import type { JobSnapshot } from "../model/event.ts";
import type { Millis } from "../kernel/time.ts";
import type { JobName } from "../model/messages.ts";
import type { AccountTables } from "./tables.store.ts";
import { createdOf, type IndexedJob } from "./new-publications.ts";
import { SNAPSHOT_JOBS } from "./retention.ts";
import { MAX_READ_CHARACTERS } from "../stream/bounded-read.ts";

/** Which jobs are listed; `before` is the last job of the page before. */
export interface JobsQuery {
  readonly source?: string;
  readonly status?: string;
  readonly before?: JobName & { readonly createdAt: Millis };
  readonly limit: number;
}

/** A page of jobs, and whether there are more after it. */
export interface JobList {
  readonly jobs: readonly JobSnapshot[];
  readonly more: boolean;
}

type SnapshotRow = { snapshot: string };

const NONE: JobList = { jobs: [], more: false };

/** The first `limit` jobs of at most `characters`, at least one; later rows are not read. */
function firstJobs(rows: Iterable<SnapshotRow>, limit: number, characters: number): JobList {
  const jobs: JobSnapshot[] = [];
  let size = 0;
  for (const { snapshot } of rows) {
    size += snapshot.length;
    if (jobs.length >= limit || (jobs.length > 0 && size > characters)) return { jobs, more: true };
    jobs.push(JSON.parse(snapshot) as JobSnapshot);
  }
  return { jobs, more: false };
}

/**
 * Typed access to the index. Its key is its order (`created DESC, source, guid`): a list is a
 * range, and a job costs one row without a second index. Only rare calls ask for a job by its name
 * alone, which is a scan.
 */
export class JobsStore {
  readonly #sql: SqlStorage;
  readonly #tables: AccountTables;
  readonly #characters: number;

  /** `characters`: most characters of one answer. */
  constructor(sql: SqlStorage, tables: AccountTables, characters: number = MAX_READ_CHARACTERS) {
    this.#sql = sql;
    this.#tables = tables;
    this.#characters = characters;
  }

  /** The newest logged `seq` of a snapshot's job; 0 for an unknown job. */
  seqOf(snapshot: JobSnapshot): number {
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

  /** Writes a job's row: one row written, more only when its instant of creation has changed. */
  put(job: IndexedJob): void {
    this.#tables.create();
    const { created, source, guid, seq, snapshot } = job;
    const updated = this.#sql.exec(
      `UPDATE job SET seq = ?, status = ?, snapshot = ?
       WHERE created = ? AND source = ? AND guid = ?`,
      seq,
      snapshot.status,
      JSON.stringify(snapshot),
      created,
      source,
      guid,
    );
    if (updated.rowsWritten > 0) return;
    if (snapshot.seq > 1) this.remove(source, guid);
    this.#sql.exec(
      "INSERT INTO job (created, source, guid, seq, status, snapshot) VALUES (?, ?, ?, ?, ?, ?)",
      created,
      source,
      guid,
      seq,
      snapshot.status,
      JSON.stringify(snapshot),
    );
  }

  remove(source: string, guid: string): void {
    if (!this.#tables.exist) return;
    this.#sql.exec("DELETE FROM job WHERE source = ? AND guid = ?", source, guid);
  }

  /**
   * A page of jobs, newest first, ties by source and guid; shorter than its limit where the jobs
   * are large.
   */
  list(query: JobsQuery): JobList {
    if (!this.#tables.exist) return NONE;
    const { source = null, status = null, before, limit } = query;
    const rows = this.#sql.exec<SnapshotRow>(
      `SELECT snapshot FROM job
       WHERE created <= ?1 AND (created < ?1 OR (source, guid) > (?2, ?3))
         AND (?4 IS NULL OR source = ?4) AND (?5 IS NULL OR status = ?5)
       ORDER BY created DESC, source, guid LIMIT ?6`,
      before?.createdAt ?? Number.MAX_SAFE_INTEGER,
      before?.source ?? "",
      before?.guid ?? "",
      source,
      status,
      limit + 1,
    );
    return firstJobs(rows, limit, this.#characters);
  }

  /** The newest jobs, as a snapshot shows them. */
  newest(): readonly JobSnapshot[] {
    return this.list({ limit: SNAPSHOT_JOBS }).jobs;
  }

  /** The newest jobs of these guids, of any source. */
  withGuids(guids: readonly string[]): readonly JobSnapshot[] {
    if (guids.length === 0 || !this.#tables.exist) return [];
    const rows = this.#sql.exec<SnapshotRow>(
      `SELECT snapshot FROM job WHERE guid IN (SELECT value FROM json_each(?))
       ORDER BY created DESC, source, guid LIMIT ?`,
      JSON.stringify(guids),
      SNAPSHOT_JOBS,
    );
    return firstJobs(rows, SNAPSHOT_JOBS, this.#characters).jobs;
  }

  /**
   * The snapshots of the named jobs that the account has, newest first. Fails where they are too
   * large for one answer.
   */
  named(names: readonly JobName[]): readonly JobSnapshot[] {
    if (!this.#tables.exist) return [];
    const wanted = new Set(names.map(({ source, guid }) => `${source}/${guid}`));
    const rows = this.#sql.exec<SnapshotRow>(
      `SELECT snapshot FROM job WHERE source || '/' || guid IN (SELECT value FROM json_each(?))
       ORDER BY created DESC, source, guid`,
      JSON.stringify([...wanted]),
    );
    return firstJobs(rows, wanted.size, Number.POSITIVE_INFINITY).jobs;
  }

  #find(source: string, guid: string): { readonly seq: number } | undefined {
    return this.#sql
      .exec<{ seq: number }>(
        "SELECT seq FROM job WHERE source = ? AND guid = ? LIMIT 1",
        source,
        guid,
      )
      .toArray()[0];
  }
}
