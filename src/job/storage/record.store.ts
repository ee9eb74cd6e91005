// The updates of a job that were kept without being emitted.

import type { RawBody } from "../../model/messages.ts";
import type { Millis } from "../../kernel/time.ts";
import type { RecordReason } from "../decision.ts";
import type { UpdateRecord } from "../records.ts";
import type { StoredUpdate } from "../state.ts";
import type { RawStore } from "./raw.store.ts";

/** An update to keep without emitting it. */
export interface NewRecord {
  readonly at: Millis;
  readonly key: string;
  readonly reason: RecordReason;
  readonly update: StoredUpdate;
  readonly raw: RawBody | null;
}

type RecordRow = { n: number; at: number; reason: string; heard: string };

/** The rows of kept updates. */
export class RecordStore {
  readonly #sql: SqlStorage;
  readonly #raw: RawStore;

  constructor(sql: SqlStorage, raw: RawStore) {
    this.#sql = sql;
    this.#raw = raw;
  }

  /** Stores an update as number `n`. */
  insert(n: number, { at, key, reason, update, raw }: NewRecord, lifecycleCount: number): void {
    this.#sql.exec(
      "INSERT INTO recorded (n, at, era, key, reason, heard) VALUES (?, ?, ?, ?, ?, ?)",
      n,
      at,
      lifecycleCount,
      key,
      reason,
      JSON.stringify(update),
    );
    this.#raw.save("recorded", n, raw);
  }

  /** At most `limit` records after number `n`, oldest first. */
  after(n: number, limit: number = Number.MAX_SAFE_INTEGER): readonly UpdateRecord[] {
    return this.#sql
      .exec<RecordRow>(
        "SELECT n, at, reason, heard FROM recorded WHERE n > ? ORDER BY n LIMIT ?",
        n,
        limit,
      )
      .toArray()
      .map((row) => ({
        n: row.n,
        at: row.at,
        reason: row.reason as RecordReason,
        update: JSON.parse(row.heard) as StoredUpdate,
      }));
  }
}
