// The table of an account's log: writes events, and reads them by offset.

import type { Millis } from "../../kernel/time.ts";
import type { LogKind, NewEntry } from "../entries.ts";
import { MAX_TOGETHER_CHARACTERS, type Extent } from "../retention.ts";

/** An event as it is stored, with what it is about. */
export type EntryRow = { off: number; kind: LogKind; guid: string; event: string };

/** An entry without its event. */
export type PositionRow = { off: number; kind: LogKind; source: string; guid: string };

/** An event to be stored, at its offset. */
interface NewRow extends Omit<NewEntry, "event"> {
  readonly offset: number;
  readonly id: string;
  /** JSON. */
  readonly event: string;
}

const COLUMNS = "off, at, kind, source, guid, id, event";

/**
 * The rows that one statement writes together. It binds one text, in which each event is a string.
 * Of events that are too large for that, each has a statement of its own.
 */
function batchesOf(rows: readonly NewRow[]): readonly (readonly NewRow[])[] {
  const batches: NewRow[][] = [];
  let room = 0;
  for (const row of rows) {
    const batch = batches.at(-1);
    if (batch === undefined || row.event.length > room) {
      batches.push([row]);
      room = MAX_TOGETHER_CHARACTERS - row.event.length;
      continue;
    }
    batch.push(row);
    room -= row.event.length;
  }
  return batches;
}

/** Typed access to the table; part of a `LogStore`, which makes sure that it exists. */
export class LogRowsStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Writes entries from offset `first` on: one row each, in few statements. */
  insert(entries: readonly NewEntry[], first: number, at: Millis): void {
    const rows = entries.map(({ event, ...entry }, index) => ({
      ...entry,
      offset: first + index,
      id: event.id,
      event: JSON.stringify(event),
    }));
    for (const batch of batchesOf(rows)) {
      const [row] = batch;
      if (batch.length === 1 && row !== undefined) this.#insertOne(row, at);
      else this.#insertAll(batch, at);
    }
  }

  /** Rows on one side of an offset, nearest first. */
  range(where: "off > ?" | "off < ?", from: number, limit: number): readonly EntryRow[] {
    const order = where === "off > ?" ? "ASC" : "DESC";
    return this.#sql
      .exec<EntryRow>(
        `SELECT off, kind, guid, event FROM log WHERE ${where} ORDER BY off ${order} LIMIT ?`,
        from,
        limit,
      )
      .toArray();
  }

  /** The rows at these offsets, in their order. */
  at(offsets: readonly number[]): readonly EntryRow[] {
    if (offsets.length === 0) return [];
    return this.#sql
      .exec<EntryRow>(
        `SELECT log.off, log.kind, log.guid, log.event FROM json_each(?) AS wanted
         CROSS JOIN log ON log.off = wanted.value ORDER BY wanted.key`,
        JSON.stringify(offsets),
      )
      .toArray();
  }

  /** Every entry, oldest first. */
  positions(): Iterable<PositionRow> {
    return this.#sql.exec<PositionRow>("SELECT off, kind, source, guid FROM log ORDER BY off");
  }

  /** The ids of the newest entries, newest first. */
  newestIds(limit: number): readonly string[] {
    return this.#sql
      .exec<{ id: string }>("SELECT id FROM log ORDER BY off DESC LIMIT ?", limit)
      .toArray()
      .map(({ id }) => id);
  }

  extent(): Extent {
    const oldest = this.#sql
      .exec<{ off: number; at: number }>("SELECT off, at FROM log ORDER BY off LIMIT 1")
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

  deleteUpTo(offset: number): void {
    this.#sql.exec("DELETE FROM log WHERE off <= ?", offset);
  }

  /** Deletes the rows at these offsets, and answers what they were about. */
  deleteAt(
    offsets: readonly number[],
  ): readonly { readonly off: number; readonly kind: LogKind }[] {
    return this.#sql
      .exec<{ off: number; kind: LogKind }>(
        "DELETE FROM log WHERE off IN (SELECT value FROM json_each(?)) RETURNING off, kind",
        JSON.stringify(offsets),
      )
      .toArray();
  }

  #insertOne({ offset, kind, source, guid, id, event }: NewRow, at: Millis): void {
    const query = `INSERT INTO log (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`;
    this.#sql.exec(query, offset, at, kind, source, guid, id, event);
  }

  #insertAll(rows: readonly NewRow[], at: Millis): void {
    const values = rows.map(({ offset, kind, source, guid, id, event }) => [
      offset,
      kind,
      source,
      guid,
      id,
      event,
    ]);
    this.#sql.exec(
      `INSERT INTO log (${COLUMNS})
       SELECT value ->> 0, ?, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
       FROM json_each(?)`,
      at,
      JSON.stringify(values),
    );
  }
}
