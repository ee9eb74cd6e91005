// The record of one idempotency key: one row.

import { migrate, type Migration } from "../../durable/migrations.store.ts";
import type { KeyRecord } from "./idempotency.ts";

const MIGRATIONS: readonly Migration[] = [
  { id: "001_key", sql: "CREATE TABLE key (id INTEGER PRIMARY KEY, record TEXT NOT NULL)" },
];

/** Reads and writes the record; its table is there while it is used. */
export class IdempotencyStore {
  readonly #storage: DurableObjectStorage;
  #migrated = false;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  get #sql(): SqlStorage {
    if (!this.#migrated) migrate(this.#storage, MIGRATIONS);
    this.#migrated = true;
    return this.#storage.sql;
  }

  /** The record, or `null` for a key that is free. */
  load(): KeyRecord | null {
    const row = this.#sql
      .exec<{ record: string }>("SELECT record FROM key WHERE id = 1")
      .toArray()[0];
    return row === undefined ? null : (JSON.parse(row.record) as KeyRecord);
  }

  /** Writes the record; `null` frees the key. */
  save(record: KeyRecord | null): void {
    if (record === null) this.#sql.exec("DELETE FROM key");
    else
      this.#sql.exec(
        "INSERT OR REPLACE INTO key (id, record) VALUES (1, ?)",
        JSON.stringify(record),
      );
  }

  /** Leaves nothing in the storage, tables and alarm included. */
  async erase(): Promise<void> {
    this.#migrated = false;
    await this.#storage.deleteAll();
  }
}
