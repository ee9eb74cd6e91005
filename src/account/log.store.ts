// The log of an account: every event of its channels with its offset, bounded by count and age.

import type { Millis } from "../kernel/time.ts";
import { exportsChannel, type RelayEvent } from "../model/event.ts";
import type { PublicationLog } from "../stream/centrifugo/history.ts";
import { guidOf } from "../stream/channels.ts";
import type { AccountSnapshot, Bounds, LogEntry } from "../stream/log.ts";
import { channelsOf, rowsOn, type LogKind, type NewEntry } from "./entries.ts";
import type { JobsStore } from "./jobs.store.ts";
import { ErasuresStore } from "./erasures.store.ts";
import { jobOf, missingUpTo, surplusErasures, type Erasure } from "./erasures.ts";
import { RecentIds } from "./recent-ids.ts";
import {
  extended,
  LOG_RETENTION,
  MAX_RECENT_IDS,
  surplusUpTo,
  TRIM_BATCH,
  trimDue,
  type Extent,
} from "./retention.ts";
import type { AccountTables } from "./tables.store.ts";

/** What is read once per wake and kept up to date. Up to `floor` the log was trimmed. */
interface Marks {
  readonly floor: number;
  readonly erasures: readonly Erasure[];
  extent: Extent;
}

/** What a log needs of its account. */
interface LogOptions {
  readonly account: string;
  readonly jobs: JobsStore;
  readonly tables: AccountTables;
}

/** Entries on any of `channels`, on one side of an offset. */
interface RangeQuery {
  readonly from: number;
  readonly limit: number;
  readonly channels: readonly string[];
}

type EntryRow = { off: number; kind: string; guid: string; event: string };

/**
 * Typed access to the log. Part of an `AccountStore`, whose `commit` wraps what belongs together.
 */
export class LogStore implements PublicationLog {
  readonly #sql: SqlStorage;
  readonly #account: string;
  readonly #jobs: JobsStore;
  readonly #tables: AccountTables;
  readonly #erasures: ErasuresStore;
  #marks: Marks | null = null;
  /** The ids of the newest entries; `null` until read after a wake. */
  #recent: RecentIds | null = null;

  constructor(sql: SqlStorage, { account, jobs, tables }: LogOptions) {
    this.#sql = sql;
    this.#account = account;
    this.#jobs = jobs;
    this.#tables = tables;
    this.#erasures = new ErasuresStore(sql);
  }

  epoch(): string {
    return this.#tables.epoch();
  }

  bounds(channels: readonly string[] = []): Bounds {
    const { floor, erasures, extent } = this.#loaded();
    const missing = missingUpTo(erasures, channels, this.#account);
    return {
      first: Math.max(floor, missing) + 1,
      last: Math.max(floor, extent?.newest ?? 0, erasures.at(-1)?.newest ?? 0),
    };
  }

  read(after: number, limit: number, channels: readonly string[]): readonly LogEntry[] {
    return this.#select("off > ?1", "ASC", { from: after, limit, channels });
  }

  readBack(before: number, limit: number, channels: readonly string[]): readonly LogEntry[] {
    return this.#select("off < ?1", "DESC", { from: before, limit, channels });
  }

  snapshot(channels: readonly string[]): AccountSnapshot {
    const jobs = channels.includes(exportsChannel(this.#account))
      ? this.#jobs.newest()
      : this.#jobs.withGuids(channels.flatMap((channel) => guidOf(channel) ?? []));
    return { account: this.#account, jobs };
  }

  /** Appends events in order and assigns their offsets: one row each, one statement for all. */
  append(entries: readonly NewEntry[], at: Millis): readonly LogEntry[] {
    if (entries.length === 0) return [];
    this.#tables.create();
    const marks = this.#loaded();
    const rows = entries.map(({ kind, source, guid, event }) => [
      kind,
      source,
      guid,
      event.id,
      JSON.stringify(event),
    ]);
    this.#sql.exec(
      `INSERT INTO log (off, at, kind, source, guid, id, event)
       SELECT ?1 + key, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
       FROM json_each(?3)`,
      this.bounds().last + 1,
      at,
      JSON.stringify(rows),
    );
    return entries.map(({ kind, guid, event }) => {
      const offset = this.bounds().last + 1;
      marks.extent = extended(marks.extent, offset, at);
      this.#recent?.add(event.id);
      return this.#entry(offset, kind, guid, event);
    });
  }

  /** Those of `ids` that are among the newest `MAX_RECENT_IDS` entries. */
  recent(ids: readonly string[]): ReadonlySet<string> {
    this.#recent ??= this.#newestIds();
    return this.#recent.knownOf(ids);
  }

  /**
   * Removes the events of a job. A client of the job's channels that has not seen the last of them
   * gets a snapshot when it resumes; clients of other channels miss nothing.
   */
  erase(source: string, guid: string): void {
    if (!this.#tables.exist) return;
    const { newest, exports, webhooks } = this.#sql
      .exec<{ newest: number | null; exports: number; webhooks: number }>(
        `SELECT MAX(off) AS newest, MAX(IIF(kind = 'exports', off, 0)) AS exports,
           MAX(IIF(kind = 'webhooks', off, 0)) AS webhooks
         FROM log WHERE source = ? AND guid = ?`,
        source,
        guid,
      )
      .one();
    if (newest === null) return;
    this.#sql.exec("DELETE FROM log WHERE source = ? AND guid = ?", source, guid);
    this.#erasures.add({ newest, job: jobOf(guid), exports, webhooks });
    this.reload();
    const surplus = surplusErasures(this.#loaded().erasures).at(-1);
    if (surplus !== undefined) this.#raiseFloor(surplus.newest);
  }

  /** When the log has to be trimmed; `null` for an empty one. */
  trimDue(): Millis | null {
    return trimDue(this.#loaded().extent);
  }

  /** Deletes at most `TRIM_BATCH` of the oldest events that are too many or too old. */
  trim(now: Millis): void {
    const { extent } = this.#loaded();
    if (extent === null) return;
    const aged = this.#sql
      .exec<{ off: number | null }>(
        "SELECT MAX(off) AS off FROM (SELECT off, at FROM log ORDER BY off LIMIT ?) WHERE at <= ?",
        TRIM_BATCH,
        now - LOG_RETENTION,
      )
      .one().off;
    const upTo = Math.min(extent.oldest + TRIM_BATCH - 1, Math.max(surplusUpTo(extent), aged ?? 0));
    if (upTo < extent.oldest) return;
    this.#sql.exec("DELETE FROM log WHERE off <= ?", upTo);
    this.#raiseFloor(Math.min(upTo, extent.newest));
  }

  /** Reads everything kept in memory again; after a transaction that failed. */
  reload(): void {
    this.#marks = null;
    this.#recent = null;
  }

  #select(
    where: "off > ?1" | "off < ?1",
    order: "ASC" | "DESC",
    query: RangeQuery,
  ): readonly LogEntry[] {
    if (!this.#tables.exist) return [];
    const { from, limit, channels } = query;
    const { kinds, guids } = rowsOn(channels, this.#account);
    return this.#sql
      .exec<EntryRow>(
        `SELECT off, kind, guid, event FROM log
         WHERE ${where} AND (kind IN (SELECT value FROM json_each(?2))
           OR (kind = 'exports' AND guid IN (SELECT value FROM json_each(?3))))
         ORDER BY off ${order} LIMIT ?4`,
        from,
        JSON.stringify(kinds),
        JSON.stringify(guids),
        limit,
      )
      .toArray()
      .map((row) =>
        this.#entry(row.off, row.kind as LogKind, row.guid, JSON.parse(row.event) as RelayEvent),
      );
  }

  #entry(offset: number, kind: LogKind, guid: string, event: RelayEvent): LogEntry {
    return { offset, channels: channelsOf(kind, guid, this.#account), event };
  }

  #raiseFloor(to: number): void {
    const floor = Math.max(this.#loaded().floor, to);
    this.#sql.exec("UPDATE meta SET floor = ? WHERE id = 1", floor);
    this.#erasures.removeUpTo(floor);
    this.#marks = null;
  }

  #loaded(): Marks {
    this.#marks ??= this.#load();
    return this.#marks;
  }

  #load(): Marks {
    if (!this.#tables.exist) return { floor: 0, erasures: [], extent: null };
    const { floor } = this.#sql
      .exec<{ floor: number }>("SELECT floor FROM meta WHERE id = 1")
      .one();
    const oldest = this.#sql
      .exec<{ off: number; at: number }>("SELECT off, at FROM log ORDER BY off LIMIT 1")
      .toArray()[0];
    const newest = this.#sql
      .exec<{ off: number }>("SELECT off FROM log ORDER BY off DESC LIMIT 1")
      .toArray()[0];
    const erasures = this.#erasures.all();
    if (oldest === undefined || newest === undefined) return { floor, erasures, extent: null };
    const extent = { oldest: oldest.off, newest: newest.off, oldestAt: oldest.at };
    return { floor, erasures, extent };
  }

  #newestIds(): RecentIds {
    if (!this.#tables.exist) return new RecentIds([], MAX_RECENT_IDS);
    const rows = this.#sql
      .exec<{ id: string }>("SELECT id FROM log ORDER BY off DESC LIMIT ?", MAX_RECENT_IDS)
      .toArray();
    return new RecentIds(
      rows.toReversed().map(({ id }) => id),
      MAX_RECENT_IDS,
    );
  }
}
