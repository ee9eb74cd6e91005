// The runs of one correlation key: one row each, one row written per event.

import { migrate, type Migration, type MigratedStorage } from "../../durable/migrations.store.ts";
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
  {
    // An event finds the run that it opened by the guid, which is its hash; the run that it joined
    // by `joined_id`; runs of earlier versions, which do not have it, by the events themselves.
    id: "002_lookups",
    sql: `
      ALTER TABLE runs ADD COLUMN joined_id TEXT;
      CREATE INDEX runs_joined ON runs (joined_id) WHERE joined_id IS NOT NULL;
      CREATE INDEX runs_started ON runs (started_id)
        WHERE joined_id IS NULL AND started_id IS NOT NULL AND completed_id IS NOT NULL;
      CREATE INDEX runs_completed ON runs (completed_id)
        WHERE joined_id IS NULL AND started_id IS NOT NULL AND completed_id IS NOT NULL;
      CREATE INDEX runs_open ON runs (started_at, started_id) WHERE completed_id IS NULL;
      CREATE INDEX runs_unstarted ON runs (completed_at, completed_id) WHERE started_id IS NULL;`,
  },
];

/** Runs with one side that can matter: the oldest ones that fit; some may be the event's own. */
const MAX_ONE_SIDED = 10;

type Row = {
  readonly guid: string;
  readonly started_id: string | null;
  readonly started_at: number | null;
  readonly completed_id: string | null;
  readonly completed_at: number | null;
};

/** What a step of retention found. */
interface PrunedRuns {
  readonly end: string | null;
  readonly nextExpiry: Millis | null;
}

const COLUMNS = "guid, started_id, started_at, completed_id, completed_at";

/** Reads and writes runs. */
export class CorrelationStore {
  readonly #storage: MigratedStorage;
  readonly #sql: SqlStorage;

  constructor(storage: MigratedStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** To be called first, and again after the object's storage was deleted. */
  open(): void {
    migrate(this.#storage, MIGRATIONS);
  }

  /**
   * The runs that can matter to an event: the one that has it, and the oldest that it may join.
   * `guids` are those of a run that it would have opened.
   */
  runsFor({ phase, eventId, createdAt }: RunEvent, guids: readonly string[]): readonly Run[] {
    const own = phase === "started" ? "started_id" : "completed_id";
    const earlier = `joined_id IS NULL AND started_id IS NOT NULL AND completed_id IS NOT NULL`;
    const oneSided =
      phase === "started"
        ? "started_id IS NULL AND completed_at > ? ORDER BY completed_at, completed_id"
        : "completed_id IS NULL AND started_at <= ? ORDER BY started_at, started_id";
    return [
      ...this.#runs("guid IN (SELECT value FROM json_each(?))", JSON.stringify(guids)),
      ...this.#runs("joined_id = ?", eventId),
      ...this.#runs(`${earlier} AND ${own} = ?`, eventId),
      ...this.#runs(`${oneSided} LIMIT ${MAX_ONE_SIDED}`, createdAt),
    ];
  }

  #runs(condition: string, binding: string | number): readonly Run[] {
    return this.#sql
      .exec<Row>(`SELECT ${COLUMNS} FROM runs WHERE ${condition}`, binding)
      .toArray()
      .flatMap(runOf);
  }

  /** Writes a run, whether it is new or changed; `joined` is the event that did not open it. */
  put(run: Run, expiresAt: Millis, joined: string | null): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO runs
         (guid, started_id, started_at, completed_id, completed_at, expires_at, joined_id)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      run.guid,
      run.started?.eventId ?? null,
      run.started?.createdAt ?? null,
      run.completed?.eventId ?? null,
      run.completed?.createdAt ?? null,
      expiresAt,
      joined,
    );
  }

  /**
   * Looks at `limit` runs after the guid `after` and deletes those whose time is over. `end` is the
   * last one that was looked at, `null` when there are no more; `nextExpiry` is of those that stay.
   */
  prune(after: string, now: Millis, limit: number): PrunedRuns {
    const rows = this.#sql
      .exec<{ guid: string; expires_at: number }>(
        "SELECT guid, expires_at FROM runs WHERE guid > ? ORDER BY guid LIMIT ?",
        after,
        limit,
      )
      .toArray();
    for (const { guid, expires_at: expiresAt } of rows)
      if (expiresAt <= now) this.#sql.exec("DELETE FROM runs WHERE guid = ?", guid);
    const left = rows.map((row) => row.expires_at).filter((expiresAt) => expiresAt > now);
    return {
      end: rows.length < limit ? null : (rows.at(-1)?.guid ?? null),
      nextExpiry: left.length === 0 ? null : Math.min(...left),
    };
  }

  /** True without any run. */
  isEmpty(): boolean {
    return this.#sql.exec("SELECT 1 FROM runs LIMIT 1").toArray().length === 0;
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
