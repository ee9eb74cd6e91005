// What became of a source's webhooks, two rows, and the tables of its object.

import { migrate, type Migration, type MigratedStorage } from "../durable/migrations.store.ts";
import { EMPTY_INSPECTION, type Inspection, type SourceCounts } from "./inspection.ts";
import { JOBS_TABLE } from "./index/jobs.store.ts";

const MIGRATIONS: readonly Migration[] = [
  JOBS_TABLE.made,
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
  JOBS_TABLE.withEvent,
  {
    id: "005_parts",
    // Part 0 stands for the day itself: its new jobs go to parts, of which there are `of`.
    sql: `CREATE TABLE parts (
      day INTEGER NOT NULL, part INTEGER NOT NULL, "of" INTEGER NOT NULL, PRIMARY KEY (day, part)
    ) WITHOUT ROWID`,
  },
  // What a kept request was answered when it was ingested again; its content is gone then.
  { id: "006_kept_answer", sql: "ALTER TABLE kept ADD COLUMN answer TEXT" },
  JOBS_TABLE.withGone,
];

/** Makes the tables of a source's own object. */
export const migrateSource = (storage: MigratedStorage): void => migrate(storage, MIGRATIONS);

/** Reads and writes what is known of the source's webhooks. */
export class SourceStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
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
