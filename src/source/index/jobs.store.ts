// An index of jobs, one row each: that of a source, or a part of it.

import { GONE_TABLE, GoneJobs } from "../../durable/gone.store.ts";
import type { Migration } from "../../durable/migrations.store.ts";
import type { Millis } from "../../kernel/time.ts";
import type { JobEvent } from "../../model/event.ts";
import type { JobRef } from "../../model/messages.ts";
import type { DaysOfList } from "./spread.ts";

/**
 * How the table came to be. The key is the order of the list, so that a page needs no scan and no
 * second index. The `created_at` of a job never changes.
 */
export const JOBS_TABLE: Readonly<Record<"made" | "withEvent" | "withGone", Migration>> = {
  made: {
    id: "001_jobs",
    sql: `CREATE TABLE jobs (
      created_at INTEGER NOT NULL, guid TEXT NOT NULL,
      account TEXT NOT NULL, status TEXT NOT NULL, updated_at INTEGER NOT NULL,
      PRIMARY KEY (created_at, guid)
    ) WITHOUT ROWID`,
  },
  // Rows of earlier versions have no event, and match every one: the job itself knows.
  withEvent: { id: "004_event", sql: "ALTER TABLE jobs ADD COLUMN event TEXT" },
  withGone: { id: "007_gone", sql: GONE_TABLE },
};

/** The position of a job in a list. */
interface Place {
  readonly createdAt: Millis;
  readonly source: string;
  readonly guid: string;
}

/** Which jobs to list; `before` is the last one of the previous page, perhaps of another source. */
export interface JobQuery {
  readonly status?: string;
  readonly account?: string;
  /** The newest event; jobs of which it is not known are listed as well. */
  readonly event?: string;
  /** Part of a guid, as it is written. */
  readonly q?: string;
  /** Bounds of `createdAt`: from `since` on, and before `until`. They end the search. */
  readonly since?: Millis;
  readonly until?: Millis;
  readonly before?: Place;
  readonly limit: number;
}

/** Jobs of an index, and where a search ended that had examined enough; `null` where none did. */
export interface JobRefs {
  readonly refs: readonly JobRef[];
  readonly reached: Place | null;
}

/** What a source's own object lists; other jobs of the days that it names are in their parts. */
export interface SourceJobs extends JobRefs, Partial<DaysOfList> {}

/**
 * Most jobs that one search looks at (by status, account, event or part of a guid): some 20 ms. A
 * page that ends there is continued by its cursor.
 */
export const MAX_EXAMINED_REFS = 10_000;

/** Jobs on one page at most. */
const MAX_PAGE = 500;

type Row = {
  readonly guid: string;
  readonly account: string;
  readonly status: string;
  readonly event: JobEvent | null;
  readonly created_at: number;
  readonly updated_at: number;
};

/** The jobs after a position and not older than `?5`, in order. */
const AFTER = `created_at <= ?1 AND (created_at < ?1 OR (?2, guid) > (?3, ?4)) AND created_at >= ?5
  ORDER BY created_at DESC, guid`;

const refOf = ({ guid, account, status, event, created_at, updated_at }: Row): JobRef => ({
  guid,
  account,
  status,
  ...(event === null ? {} : { event }),
  createdAt: created_at,
  updatedAt: updated_at,
});

/** Reads and writes the table `jobs`. */
export class JobsStore {
  readonly #sql: SqlStorage;
  readonly #gone: GoneJobs;
  readonly #examined: number;

  /** `examined`: most jobs that one search looks at. */
  constructor(sql: SqlStorage, examined: number = MAX_EXAMINED_REFS) {
    this.#sql = sql;
    this.#gone = new GoneJobs(sql);
    this.#examined = examined;
  }

  /**
   * Adds a job or replaces an older state of it; a newer state stays and nothing is written, nor is
   * of a job that was erased since.
   */
  put(ref: JobRef): void {
    if (this.#gone.isErased("", ref.guid, ref.updatedAt)) return;
    this.#sql.exec(
      `INSERT INTO jobs (created_at, guid, account, status, event, updated_at)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (created_at, guid) DO UPDATE SET account = excluded.account,
         status = excluded.status, event = excluded.event, updated_at = excluded.updated_at
       WHERE excluded.updated_at > jobs.updated_at`,
      ref.createdAt,
      ref.guid,
      ref.account,
      ref.status,
      ref.event ?? null,
      ref.updatedAt,
    );
  }

  /**
   * Jobs in the order of all lists of jobs: newest first, those of one instant by source and guid.
   * `source` is the id of this source; it decides which jobs of the instant of `before` are left.
   * A search ends after its bound of jobs, whether it found some or not.
   */
  list({ status, account, event, q, ...bounds }: JobQuery, source: string): JobRefs {
    const {
      before,
      since = Number.MIN_SAFE_INTEGER,
      until = Number.MAX_SAFE_INTEGER,
      limit,
    } = bounds;
    // A position of the page before comes from the same list, unless a caller made it up.
    const begins = before !== undefined && before.createdAt < until;
    const range = begins
      ? [before.createdAt, source, before.source, before.guid, since]
      : [until - 1, source, "", "", since];
    const most = Math.max(0, Math.min(limit, MAX_PAGE));
    const searches = [status, account, event, q].some((wanted) => wanted !== undefined);
    const rows = this.#sql.exec<Row>(
      `SELECT * FROM (SELECT * FROM jobs WHERE ${AFTER} LIMIT ?6)
       WHERE (?7 IS NULL OR status = ?7) AND (?8 IS NULL OR account = ?8)
         AND (?9 IS NULL OR event IS NULL OR event = ?9) AND (?10 IS NULL OR instr(guid, ?10) > 0)
       LIMIT ?11`,
      ...range,
      searches ? this.#examined : most,
      status ?? null,
      account ?? null,
      event ?? null,
      q ?? null,
      most,
    );
    const refs = rows.toArray().map(refOf);
    if (!searches || refs.length === most) return { refs, reached: null };
    const last = this.#sql
      .exec<Pick<Row, "guid" | "created_at">>(
        `SELECT guid, created_at FROM jobs WHERE ${AFTER} LIMIT 1 OFFSET ?6`,
        ...range,
        this.#examined - 1,
      )
      .toArray()[0];
    const reached =
      last === undefined ? null : { createdAt: last.created_at, source, guid: last.guid };
    return { refs, reached };
  }

  /** True when the job is in this table. */
  has({ createdAt, guid }: Pick<JobRef, "createdAt" | "guid">): boolean {
    const rows = this.#sql.exec(
      "SELECT 1 FROM jobs WHERE created_at = ? AND guid = ?",
      createdAt,
      guid,
    );
    return rows.toArray().length > 0;
  }

  /** True when no job is in this table, nor was erased from it within a day. */
  isEmpty(now: Millis): boolean {
    return (
      this.#gone.isOver(now) && this.#sql.exec("SELECT 1 FROM jobs LIMIT 1").toArray().length === 0
    );
  }

  /** Removes a job, all up to `upTo` for good; false when it was not there. */
  delete(guid: string, createdAt: Millis, upTo?: Millis): boolean {
    if (upTo !== undefined) this.#gone.add("", guid, { at: upTo, shard: null });
    const query = "DELETE FROM jobs WHERE created_at = ? AND guid = ? RETURNING 1";
    return this.#sql.exec(query, createdAt, guid).toArray().length > 0;
  }
}
