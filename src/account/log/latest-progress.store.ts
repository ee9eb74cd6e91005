// Jobs whose newest progress stands in the log alone: their rows in the index are as old as the
// last event of another kind.

import { MINUTE, type Millis } from "../../kernel/time.ts";
import type { JobEnvelope, JobSnapshot } from "../../model/event.ts";
import type { JobName } from "../../model/messages.ts";
import type { AccountTables } from "../tables.store.ts";

/** Where a job's newest progress is logged. */
interface Place extends JobName {
  readonly offset: number;
  readonly seq: number;
}

type PlaceRow = { off: number; source: string; guid: string; seq: number };

type RecentRow = { off: number; source: string; guid: string; seq: number | null; at: Millis };

/** Clocks of two objects differ by less than this. */
const MAX_CLOCK_SKEW: Millis = MINUTE;

/** Entries that are read together on the way back. */
const READ_TOGETHER = 200;

/** Jobs whose progress is remembered besides; a job more, and the log is asked again. */
const MAX_ADDED = 10_000;

/** A source id has no slash, so two jobs never share a key. */
const keyOf = ({ source, guid }: JobName): string => `${source}/${guid}`;

/** Typed access to those entries. The log is bounded, so their places are kept in memory. */
export class LatestProgressStore {
  readonly #sql: SqlStorage;
  readonly #tables: AccountTables;
  /** `null` until they are read after a wake. */
  #places: Map<string, Place> | null = null;
  /** The newest `seq` of jobs whose progress was logged since `#addedFrom`, or by this instance. */
  readonly #added = new Map<string, number>();
  #addedFrom: Millis = Infinity;

  constructor(sql: SqlStorage, tables: AccountTables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** Forgets what is in memory. */
  reload(): void {
    this.#places = null;
    this.#forgetAdded();
  }

  #forgetAdded(): void {
    this.#added.clear();
    this.#addedFrom = Infinity;
  }

  /** The `seq` of a job's newest progress in the log; 0 without any. */
  seqOf(job: JobName): number {
    return this.#loaded().get(keyOf(job))?.seq ?? 0;
  }

  /** The same; progress that was logged before an instant may be left out. */
  seqSince(job: JobName, from: Millis): number {
    if (this.#places === null) this.#readBack(from - MAX_CLOCK_SKEW);
    const key = keyOf(job);
    return this.#places?.get(key)?.seq ?? this.#added.get(key) ?? 0;
  }

  /** Reads the newest entries, back to an instant: after a wake a minute's, mostly. */
  #readBack(to: Millis): void {
    if (to >= this.#addedFrom || !this.#tables.exist) return;
    for (const { source, guid, seq, at } of this.#newest()) {
      if (at < to) break;
      const key = keyOf({ source, guid });
      if (seq !== null && !this.#added.has(key)) this.#added.set(key, seq);
    }
    this.#addedFrom = to;
  }

  /** The newest entries first, some at a time: a cursor that is not read to its end stays open. */
  *#newest(): Iterable<RecentRow> {
    const query =
      "SELECT off, source, guid, seq, at FROM log WHERE off < ? ORDER BY off DESC LIMIT ?";
    for (let before = Number.MAX_SAFE_INTEGER; ;) {
      const rows = this.#sql.exec<RecentRow>(query, before, READ_TOGETHER).toArray();
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < READ_TOGETHER) return;
      before = last.off;
    }
  }

  /** The job as its newest progress left it; `null` where its row in the index is newer. */
  after(row: JobSnapshot): JobSnapshot | null {
    if (row.event !== "job.progress") return null;
    const place = this.#loaded().get(keyOf(row));
    return place === undefined || place.seq <= row.seq ? null : this.#read(place);
  }

  /** Tells of an entry that was added. */
  add(place: Place): void {
    this.#places?.set(keyOf(place), place);
    if (this.#added.size >= MAX_ADDED) this.#forgetAdded();
    this.#added.set(keyOf(place), place.seq);
  }

  /** The jobs whose newest progress is at most at an offset. */
  upTo(offset: number): readonly JobSnapshot[] {
    const places = [...this.#loaded().values()].filter((place) => place.offset <= offset);
    return places.flatMap((place) => this.#read(place) ?? []);
  }

  #loaded(): Map<string, Place> {
    this.#places ??= new Map(this.#tables.exist ? this.#entries() : []);
    return this.#places;
  }

  *#entries(): Iterable<readonly [string, Place]> {
    const query = "SELECT off, source, guid, seq FROM log WHERE seq IS NOT NULL ORDER BY off";
    for (const { off, source, guid, seq } of this.#sql.exec<PlaceRow>(query))
      yield [keyOf({ source, guid }), { offset: off, source, guid, seq }];
  }

  #read({ offset }: Place): JobSnapshot | null {
    const row = this.#sql
      .exec<{ job: string; event: string }>("SELECT job, event FROM log WHERE off = ?", offset)
      .toArray()[0];
    if (row === undefined) return null;
    const { details } = JSON.parse(row.event) as JobEnvelope;
    return { ...(JSON.parse(row.job) as Omit<JobSnapshot, "details">), details };
  }
}
