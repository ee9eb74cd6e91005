// The index of a source's jobs, one row each, and what became of its webhooks, two rows.

import type { JobRef } from "../model/messages.ts";
import { migrate, type Migration } from "../durable/migrations.store.ts";
import type { Millis } from "../kernel/time.ts";
import { EMPTY_INSPECTION, type Inspection, type SourceCounts } from "./inspection.ts";

// The key is the order of the list, so that a page needs no scan and no second index. The
// `created_at` of a job never changes.
const MIGRATIONS: readonly Migration[] = [
  {
    id: "001_jobs",
    sql: `CREATE TABLE jobs (
      created_at INTEGER NOT NULL, guid TEXT NOT NULL,
      account TEXT NOT NULL, status TEXT NOT NULL, updated_at INTEGER NOT NULL,
      PRIMARY KEY (created_at, guid)
    ) WITHOUT ROWID`,
  },
  {
    id: "002_inspection",
    sql: "CREATE TABLE inspection (part TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID",
  },
  {
    id: "003_kept",
    sql: `CREATE TABLE kept (
      n INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes INTEGER NOT NULL,
      rejection TEXT NOT NULL, url TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL
    )`,
  },
];

/** Which jobs to list; `before` is the last one of the previous page, perhaps of another source. */
export interface JobQuery {
  readonly status?: string;
  readonly account?: string;
  readonly before?: { readonly createdAt: Millis; readonly source: string; readonly guid: string };
  readonly limit: number;
}

/** Jobs on one page at most. */
const MAX_PAGE = 500;

type Row = {
  readonly guid: string;
  readonly account: string;
  readonly status: string;
  readonly created_at: number;
  readonly updated_at: number;
};

/** Reads and writes the index; migrates in its constructor. */
export class SourceStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    migrate(sql, MIGRATIONS);
  }

  /** Adds a job or replaces an older state of it; a newer state stays and nothing is written. */
  put(ref: JobRef): void {
    this.#sql.exec(
      `INSERT INTO jobs (created_at, guid, account, status, updated_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (created_at, guid) DO UPDATE
       SET account = excluded.account, status = excluded.status, updated_at = excluded.updated_at
       WHERE excluded.updated_at > jobs.updated_at`,
      ref.createdAt,
      ref.guid,
      ref.account,
      ref.status,
      ref.updatedAt,
    );
  }

  /**
   * Jobs in the order of all lists of jobs: newest first, those of one instant by source and guid.
   * `source` is the id of this source; it decides which jobs of the instant of `before` are left.
   */
  list({ status, account, before, limit }: JobQuery, source: string): readonly JobRef[] {
    const rows = this.#sql.exec<Row>(
      `SELECT guid, account, status, created_at, updated_at FROM jobs
       WHERE created_at <= ?1 AND (created_at < ?1 OR (?2, guid) > (?3, ?4))
         AND (?5 IS NULL OR status = ?5) AND (?6 IS NULL OR account = ?6)
       ORDER BY created_at DESC, guid LIMIT ?7`,
      before?.createdAt ?? Number.MAX_SAFE_INTEGER,
      source,
      before?.source ?? "",
      before?.guid ?? "",
      status ?? null,
      account ?? null,
      Math.max(0, Math.min(limit, MAX_PAGE)),
    );
    return rows.toArray().map((row) => ({
      guid: row.guid,
      account: row.account,
      status: row.status,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }));
  }

  /** Removes a job; without its `createdAt` the whole index is searched. */
  delete(guid: string, createdAt: Millis | null): void {
    if (createdAt === null) this.#sql.exec("DELETE FROM jobs WHERE guid = ?", guid);
    else this.#sql.exec("DELETE FROM jobs WHERE created_at = ? AND guid = ?", createdAt, guid);
  }

  /** What was last written about the source's webhooks. */
  inspection(): Inspection {
    const rows = this.#sql
      .exec<{ part: string; content: string }>("SELECT part, content FROM inspection")
      .toArray();
    const parts = new Map(rows.map(({ part, content }) => [part, JSON.parse(content) as unknown]));
    const counts = (parts.get("counts") ?? {}) as Partial<SourceCounts>;
    return {
      ...EMPTY_INSPECTION,
      ...counts,
      rejected: (parts.get("rejected") ?? []) as Inspection["rejected"],
    };
  }

  /** Writes the counts, and the refused requests when they have changed: one row each. */
  saveInspection({ rejected, ...counts }: Inspection, withRejected: boolean): void {
    this.#put("counts", counts);
    if (withRejected) this.#put("rejected", rejected);
  }

  #put(part: "counts" | "rejected", content: unknown): void {
    // INSERT OR REPLACE would delete and insert the row: two rows written.
    this.#sql.exec(
      `INSERT INTO inspection (part, content) VALUES (?, ?)
       ON CONFLICT (part) DO UPDATE SET content = excluded.content`,
      part,
      JSON.stringify(content),
    );
  }
}
