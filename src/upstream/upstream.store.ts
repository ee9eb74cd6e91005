// A connector's record in one row, and a row for each export that is polled.

import { migrate, type Migration, type MigratedStorage } from "../durable/migrations.store.ts";
import type { Millis } from "../kernel/time.ts";
import type { WatchedExport } from "../model/connector.ts";
import type { ConnectorRecord } from "./record.ts";

const MIGRATIONS: readonly Migration[] = [
  {
    id: "001_connector",
    sql: `CREATE TABLE connector (id INTEGER PRIMARY KEY, content TEXT NOT NULL);
      CREATE TABLE watched (
        export_id TEXT PRIMARY KEY, account TEXT NOT NULL,
        since INTEGER NOT NULL, seen INTEGER NOT NULL
      ) WITHOUT ROWID`,
  },
];

/** An export that is polled, as it is stored. */
export interface StoredWatch extends WatchedExport {
  readonly since: Millis;
  /** True once EmailEngine has answered with its status. */
  readonly seen: boolean;
}

type WatchedRow = { export_id: string; account: string; since: number; seen: number };

/** Reads and writes what a connector keeps; migrates in its constructor. */
export class UpstreamStore {
  readonly #sql: SqlStorage;

  constructor(storage: MigratedStorage) {
    this.#sql = storage.sql;
    migrate(storage, MIGRATIONS);
  }

  /** The record; `null` before there is one. */
  record(): ConnectorRecord | null {
    const row = this.#sql
      .exec<{ content: string }>("SELECT content FROM connector WHERE id = 1")
      .toArray()[0];
    return row === undefined ? null : (JSON.parse(row.content) as ConnectorRecord);
  }

  /** Writes the record: one row. */
  save(record: ConnectorRecord): void {
    // INSERT OR REPLACE would delete and insert the row: two rows written.
    this.#sql.exec(
      `INSERT INTO connector (id, content) VALUES (1, ?)
       ON CONFLICT (id) DO UPDATE SET content = excluded.content`,
      JSON.stringify(record),
    );
  }

  /** All exports that are polled. */
  watched(): readonly StoredWatch[] {
    return this.#sql
      .exec<WatchedRow>("SELECT export_id, account, since, seen FROM watched")
      .toArray()
      .map(({ export_id, account, since, seen }) => ({
        exportId: export_id,
        account,
        since,
        seen: seen === 1,
      }));
  }

  /** Adds an export, or says that its status was seen. */
  watch({ exportId, account, since, seen }: StoredWatch): void {
    this.#sql.exec(
      `INSERT INTO watched (export_id, account, since, seen) VALUES (?, ?, ?, ?)
       ON CONFLICT (export_id) DO UPDATE SET seen = excluded.seen`,
      exportId,
      account,
      since,
      seen ? 1 : 0,
    );
  }

  /** Removes an export. */
  unwatch(exportId: string): void {
    this.#sql.exec("DELETE FROM watched WHERE export_id = ?", exportId);
  }

  /** Removes everything: the source has no connector any more. */
  clear(): void {
    this.#sql.exec("DELETE FROM connector");
    this.#sql.exec("DELETE FROM watched");
  }
}
