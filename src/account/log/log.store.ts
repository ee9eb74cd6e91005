// The log of an account: every event of its channels with its offset, bounded by count and age.

import type { Millis } from "../../kernel/time.ts";
import { exportsChannel, jobChannel, webhooksChannel } from "../../model/event.ts";
import type { PublicationLog } from "../../stream/centrifugo/history.ts";
import { defaultChannels, guidOf } from "../../stream/channels.ts";
import type { AccountSnapshot, Bounds, LogEntry } from "../../stream/log.ts";
import { channelsOf, type NewEntry } from "../entries.ts";
import type { JobsStore } from "../jobs.store.ts";
import { createdOf } from "../new-publications.ts";
import { LogPositions } from "./positions.ts";
import type { LoggedEvent } from "./row.ts";
import { LogRowsStore } from "./rows.store.ts";
import type { LatestProgressStore } from "./latest-progress.store.ts";
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
} from "../retention.ts";
import type { AccountTables } from "../tables.store.ts";

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
  readonly progress: LatestProgressStore;
}

/**
 * Typed access to the log. Part of an `AccountStore`, whose `commit` wraps what belongs together.
 */
export class LogStore implements PublicationLog {
  readonly #sql: SqlStorage;
  readonly #account: string;
  readonly #jobs: JobsStore;
  readonly #tables: AccountTables;
  readonly #progress: LatestProgressStore;
  readonly #erasures: ErasuresStore;
  readonly #rows: LogRowsStore;
  /** `null` until a channel is read after a wake. */
  #positions: LogPositions | null = null;
  #marks: Marks | null = null;
  /** The ids of the newest entries; `null` until read after a wake. */
  #recent: RecentIds | null = null;

  constructor(sql: SqlStorage, { account, jobs, tables, progress }: LogOptions) {
    this.#sql = sql;
    this.#account = account;
    this.#jobs = jobs;
    this.#tables = tables;
    this.#progress = progress;
    this.#erasures = new ErasuresStore(sql);
    this.#rows = new LogRowsStore(sql);
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
    if (!this.#tables.exist) return [];
    const range = { from: after, limit, channels };
    return (
      this.#showsAll(channels)
        ? this.#rows.after(after, limit)
        : this.#rows.at(this.#located().after(range))
    ).map((row) => this.#entryOf(row));
  }

  readBack(before: number, limit: number, channels: readonly string[]): readonly LogEntry[] {
    if (!this.#tables.exist) return [];
    const range = { from: before, limit, channels };
    return (
      this.#showsAll(channels)
        ? this.#rows.before(before, limit)
        : this.#rows.at(this.#located().before(range))
    ).map((row) => this.#entryOf(row));
  }

  snapshot(channels: readonly string[]): AccountSnapshot {
    const jobs = channels.includes(exportsChannel(this.#account))
      ? this.#jobs.newest()
      : this.#jobs.withGuids(channels.flatMap((channel) => guidOf(channel) ?? []));
    return { account: this.#account, jobs };
  }

  /** Appends events in order and assigns their offsets: one row for each entry. */
  append(entries: readonly NewEntry[], at: Millis): readonly LogEntry[] {
    if (entries.length === 0) return [];
    this.#tables.create();
    const marks = this.#loaded();
    this.#rows.insert(entries, this.bounds().last + 1, at);
    return entries.flatMap(({ attempts = [], progress, ...last }) => {
      const entry = { ...last, kind: "webhooks" as const, rest: undefined };
      const before = attempts.map((event) => ({ ...entry, event }));
      const logged = [...before, last].map(({ kind, source, guid, event, rest }) => {
        const offset = this.bounds().last + 1;
        const channels = channelsOf(kind, guid, this.#account);
        marks.extent = extended(marks.extent, offset, at);
        this.#recent?.add(event.id);
        this.#positions?.add({ offset, channels, source, guid });
        return { offset, channels, event, ...(rest && { job: rest }) };
      });
      const { source, guid } = last;
      if (progress !== undefined)
        this.#progress.add({ offset: this.bounds().last, source, guid, seq: progress.seq });
      return logged;
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
    const positions = this.#located();
    const offsets = positions.ofJob(source, guid);
    const newest = offsets.at(-1);
    if (newest === undefined) return;
    const gone = this.#rows.deleteAt(offsets);
    const newestOf = (kind: string): number =>
      gone.reduce((last, row) => (row.kind === kind ? Math.max(last, row.off) : last), 0);
    const [exports, webhooks] = [newestOf("exports"), newestOf("webhooks")];
    this.#erasures.add({ newest, job: jobOf(guid), exports, webhooks });
    positions.removeJob(source, guid, [
      exportsChannel(this.#account),
      jobChannel(guid),
      webhooksChannel(this.#account),
    ]);
    this.#marks = null;
    this.#recent = null;
    this.#progress.reload();
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
    const aged = this.#rows.newestBefore(now - LOG_RETENTION, TRIM_BATCH);
    const upTo = Math.min(extent.oldest + TRIM_BATCH - 1, Math.max(surplusUpTo(extent), aged ?? 0));
    if (upTo < extent.oldest) return;
    this.#deleteUpTo(Math.min(this.#rows.endOfRow(upTo), extent.newest));
  }

  /** Of jobs whose newest progress leaves, the rows in the index get it. */
  #deleteUpTo(offset: number): void {
    for (const job of this.#progress.upTo(offset)) {
      const { source, guid, seq } = job;
      if (this.#jobs.listedSeq(job) < seq)
        this.#jobs.put({ created: createdOf(job), source, guid, seq, snapshot: job });
    }
    this.#rows.deleteUpTo(offset);
    this.#progress.reload();
    this.#positions?.removeUpTo(offset);
    this.#raiseFloor(offset);
  }

  /** Reads everything kept in memory again; after a transaction that failed. */
  reload(): void {
    this.#marks = null;
    this.#recent = null;
    this.#positions = null;
    this.#progress.reload();
  }

  /** True where every event is on one of `channels`: then no look-up by channel is needed. */
  #showsAll(channels: readonly string[]): boolean {
    return defaultChannels(this.#account).every((channel) => channels.includes(channel));
  }

  #located(): LogPositions {
    if (this.#positions !== null) return this.#positions;
    const positions = new LogPositions();
    for (const { off, kind, source, guid } of this.#rows.positions())
      positions.add({ offset: off, channels: channelsOf(kind, guid, this.#account), source, guid });
    this.#positions = positions;
    return positions;
  }

  #entryOf({ off, kind, guid, event, rest }: LoggedEvent): LogEntry {
    const channels = channelsOf(kind, guid, this.#account);
    return { offset: off, channels, event, ...(rest && { job: rest }) };
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
    return { floor, erasures: this.#erasures.all(), extent: this.#rows.extent() };
  }

  #newestIds(): RecentIds {
    const ids = this.#tables.exist ? this.#rows.newestIds(MAX_RECENT_IDS) : [];
    return new RecentIds(ids.toReversed(), MAX_RECENT_IDS);
  }
}
