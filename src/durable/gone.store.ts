// Jobs that an object holds no more: another shard has them, or they were erased.

import { fingerprint } from "../kernel/fingerprint.ts";
import { DAY, parseIso, type Millis } from "../kernel/time.ts";

/** A row for each job that was handed over or erased within a day. */
export const GONE_TABLE =
  "CREATE TABLE gone (job TEXT PRIMARY KEY, at INTEGER NOT NULL, shard INTEGER) WITHOUT ROWID";

/** A call that comes later than this after its sender gave it up is not reckoned with. */
const KEPT_MS: Millis = DAY;

/** When a job left, and the shard that has it now; `null` where it was erased. */
interface GoneJob {
  readonly at: Millis;
  readonly shard: number | null;
}

/** Typed access to the table. Other jobs cost nothing. */
export class GoneJobs {
  readonly #sql: SqlStorage;
  #isEmpty: boolean | null = null;
  #isTrimmed = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** What became of a job; `undefined` for one that is here, or never was. */
  find(source: string, guid: string): GoneJob | undefined {
    this.#isEmpty ??= this.#sql.exec("SELECT 1 FROM gone LIMIT 1").toArray().length === 0;
    if (this.#isEmpty) return undefined;
    return this.#sql
      .exec<{ at: Millis; shard: number | null }>(
        "SELECT at, shard FROM gone WHERE job = ?",
        keyOf(source, guid),
      )
      .toArray()[0];
  }

  /** True for what was emitted at `time`, and not after the job was gone. */
  isLate(source: string, guid: string, time: string): boolean {
    return (parseIso(time) ?? 0) <= (this.find(source, guid)?.at ?? -1);
  }

  /** True where a job was erased at `at` or later: a call that comes late must not do it again. */
  isErased(source: string, guid: string, at: Millis): boolean {
    const gone = this.find(source, guid);
    return gone?.shard === null && gone.at >= at;
  }

  /** Notes that a job is gone: one row. An instance begins with the removal of what is old. */
  add(source: string, guid: string, { at, shard }: GoneJob): void {
    if (!this.#isTrimmed) this.#sql.exec("DELETE FROM gone WHERE at < ?", at - KEPT_MS);
    this.#isTrimmed = true;
    this.#isEmpty = false;
    const row = [keyOf(source, guid), at, shard];
    this.#sql.exec("INSERT OR REPLACE INTO gone (job, at, shard) VALUES (?, ?, ?)", ...row);
  }

  /** Notes that a job has come back from another shard. */
  cameBack(source: string, guid: string): void {
    const query = "DELETE FROM gone WHERE job = ? AND shard IS NOT NULL";
    if (this.#isEmpty === false) this.#sql.exec(query, keyOf(source, guid));
  }
}

/** Of an erased job nothing is kept but this. */
const keyOf = (source: string, guid: string): string => fingerprint(`${source}/${guid}`);
