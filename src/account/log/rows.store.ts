// The table of an account's log: writes events, and reads them by offset.

import type { Millis } from "../../kernel/time.ts";
import type { RelayEvent } from "../../model/event.ts";
import { MAX_SHARING, type LogKind, type NewEntry } from "../entries.ts";
import type { Extent } from "../retention.ts";
import {
  batchesOf,
  COLUMNS,
  entriesOf,
  ROW,
  rowOf,
  type EntryRow,
  type LoggedEvent,
  type LoggedPosition,
  type NewRow,
  type PositionRow,
} from "./row.ts";

/** Typed access to the table; part of a `LogStore`, which makes sure that it exists. */
export class LogRowsStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Writes entries from offset `first` on: one row each, in few statements. */
  insert(entries: readonly NewEntry[], first: number, at: Millis): void {
    let offset = first;
    const rows = entries.map((entry) => {
      offset += entry.attempts?.length ?? 0;
      const row = rowOf(entry, offset);
      offset += 1;
      return row;
    });
    for (const batch of batchesOf(rows)) {
      const [row] = batch;
      if (batch.length === 1 && row !== undefined) this.#insertOne(row, at);
      else this.#insertAll(batch, at);
    }
  }

  /** Entries after an offset, oldest first. */
  after(offset: number, limit: number): readonly LoggedEvent[] {
    return this.#sql
      .exec<EntryRow>(`SELECT ${ROW} FROM log WHERE off > ? ORDER BY off LIMIT ?`, offset, limit)
      .toArray()
      .flatMap(entriesOf)
      .filter(({ off }) => off > offset)
      .slice(0, limit);
  }

  /** Entries before an offset, newest first. */
  before(offset: number, limit: number): readonly LoggedEvent[] {
    // The row of the first entry that is asked for may end after the offset.
    return this.#sql
      .exec<EntryRow>(
        `SELECT ${ROW} FROM log WHERE off - extra < ?1 AND off < ?1 + ?2
         ORDER BY off DESC LIMIT ?3`,
        offset,
        MAX_SHARING + 1,
        limit,
      )
      .toArray()
      .flatMap((row) => entriesOf(row).toReversed())
      .filter(({ off }) => off < offset)
      .slice(0, limit);
  }

  /** The entries at these offsets, in their order. */
  at(offsets: readonly number[]): readonly LoggedEvent[] {
    if (offsets.length === 0) return [];
    return this.#sql
      .exec<EntryRow & { wanted: number }>(
        `SELECT wanted.value AS wanted, ${ROW} FROM json_each(?) AS wanted
         CROSS JOIN log ON log.off = (SELECT MIN(off) FROM log WHERE off >= wanted.value)
         WHERE log.off - log.extra <= wanted.value ORDER BY wanted.key`,
        JSON.stringify(offsets),
      )
      .toArray()
      .flatMap((row) => entriesOf(row).filter(({ off }) => off === row.wanted));
  }

  /** Every entry, oldest first. */
  *positions(): Iterable<LoggedPosition> {
    const query = "SELECT off, kind, source, guid, extra FROM log ORDER BY off";
    for (const { off, kind, source, guid, extra } of this.#sql.exec<PositionRow>(query)) {
      for (let before = extra; before > 0; before -= 1)
        yield { off: off - before, kind: "webhooks", source, guid };
      yield { off, kind, source, guid };
    }
  }

  /** The ids of the newest entries, newest first: of this many rows. */
  newestIds(limit: number): readonly string[] {
    return this.#sql
      .exec<{ id: string; more: string | null }>(
        "SELECT id, more FROM log ORDER BY off DESC LIMIT ?",
        limit,
      )
      .toArray()
      .flatMap(({ id, more }) => {
        const attempts = more === null ? [] : (JSON.parse(more) as RelayEvent[]);
        return [id, ...attempts.map((attempt) => attempt.id).toReversed()];
      });
  }

  extent(): Extent {
    const oldest = this.#sql
      .exec<{ off: number; at: number }>(
        "SELECT off - extra AS off, at FROM log ORDER BY log.off LIMIT 1",
      )
      .toArray()[0];
    const newest = this.#sql
      .exec<{ off: number }>("SELECT off FROM log ORDER BY off DESC LIMIT 1")
      .toArray()[0];
    if (oldest === undefined || newest === undefined) return null;
    return { oldest: oldest.off, newest: newest.off, oldestAt: oldest.at };
  }

  /** The newest of the `limit` oldest offsets that was written by `time`; `null` without one. */
  newestBefore(time: Millis, limit: number): number | null {
    return this.#sql
      .exec<{ off: number | null }>(
        "SELECT MAX(off) AS off FROM (SELECT off, at FROM log ORDER BY off LIMIT ?) WHERE at <= ?",
        limit,
        time,
      )
      .one().off;
  }

  /** The offset where the row that holds an entry ends; the offset itself without one. */
  endOfRow(offset: number): number {
    const query = "SELECT off FROM log WHERE off >= ?1 AND off - extra <= ?1 ORDER BY off LIMIT 1";
    return this.#sql.exec<{ off: number }>(query, offset).toArray()[0]?.off ?? offset;
  }

  deleteUpTo(offset: number): void {
    this.#sql.exec("DELETE FROM log WHERE off <= ?", offset);
  }

  /** Deletes a job's rows, whose offsets these are; answers its entries. */
  deleteAt(
    offsets: readonly number[],
  ): readonly { readonly off: number; readonly kind: LogKind }[] {
    return this.#sql
      .exec<{ off: number; kind: LogKind; extra: number }>(
        `DELETE FROM log WHERE off IN (SELECT value FROM json_each(?))
         RETURNING off, kind, extra`,
        JSON.stringify(offsets),
      )
      .toArray()
      .flatMap(({ off, kind, extra }) =>
        extra === 0
          ? [{ off, kind }]
          : [
              { off: off - 1, kind: "webhooks" as const },
              { off, kind },
            ],
      );
  }

  #insertOne(row: NewRow, at: Millis): void {
    const query = `INSERT INTO log (at, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    this.#sql.exec(query, at, ...row);
  }

  #insertAll(rows: readonly NewRow[], at: Millis): void {
    const values = Array.from({ length: 11 }, (_, index) => `value ->> ${index}`).join(", ");
    this.#sql.exec(
      `INSERT INTO log (at, ${COLUMNS}) SELECT ?, ${values} FROM json_each(?)`,
      at,
      JSON.stringify(rows),
    );
  }
}
