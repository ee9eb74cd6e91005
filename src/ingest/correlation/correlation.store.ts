// The runs of one correlation key: one row each, one row written per event.

import { migrate, type Migration } from "../../durable/migrations.store.ts";
import type { Millis } from "../../kernel/time.ts";
import type { Run, RunEvent, RunMark } from "./runs.ts";

const MIGRATIONS: readonly Migration[] = [
  {
    id: "001_runs",
    sql: `CREATE TABLE runs (
      guid TEXT PRIMARY KEY,
      started_id TEXT, started_at INTEGER,
      completed_id TEXT, completed_at INTEGER,
      expires_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
  },
];

type Row = {
  readonly guid: string;
  readonly started_id: string | null;
  readonly started_at: number | null;
  readonly completed_id: string | null;
  readonly completed_at: number | null;
};

/** Reads and writes runs. */
export class CorrelationStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** To be called first, and again after the object's storage was deleted. */
  open(): void {
    migrate(this.#sql, MIGRATIONS);
  }

  /** The runs that can matter to an event: the one that has it, and those with one side only. */
  runsFor(event: RunEvent): readonly Run[] {
    const own = event.phase === "started" ? "started_id" : "completed_id";
    const rows = this.#sql.exec<Row>(
      `SELECT guid, started_id, started_at, completed_id, completed_at FROM runs
       WHERE started_id IS NULL OR completed_id IS NULL OR ${own} = ?`,
      event.eventId,
    );
    return rows.toArray().flatMap(runOf);
  }

  /** Writes a run, whether it is new or changed. */
  put(run: Run, expiresAt: Millis): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO runs
         (guid, started_id, started_at, completed_id, completed_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      run.guid,
      run.started?.eventId ?? null,
      run.started?.createdAt ?? null,
      run.completed?.eventId ?? null,
      run.completed?.createdAt ?? null,
      expiresAt,
    );
  }

  /** Deletes at most `limit` runs whose time is over. */
  prune(now: Millis, limit: number): void {
    this.#sql.exec(
      "DELETE FROM runs WHERE guid IN (SELECT guid FROM runs WHERE expires_at <= ? LIMIT ?)",
      now,
      limit,
    );
  }

  /** When the next run is to be pruned; `null` when there is none left. */
  nextExpiry(): Millis | null {
    return this.#sql.exec<{ due: number | null }>("SELECT MIN(expires_at) AS due FROM runs").one()
      .due;
  }
}

function runOf(row: Row): readonly Run[] {
  const started = markOf(row.started_id, row.started_at);
  const completed = markOf(row.completed_id, row.completed_at);
  if (started !== null) return [{ guid: row.guid, started, completed }];
  return completed === null ? [] : [{ guid: row.guid, started, completed }];
}

const markOf = (eventId: string | null, createdAt: number | null): RunMark | null =>
  eventId === null || createdAt === null ? null : { eventId, createdAt };
