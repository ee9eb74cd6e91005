// Jobs that an object holds no more: another shard has them, or they were erased.

import { fingerprint } from "../kernel/fingerprint.ts";
import { DAY, type Millis } from "../kernel/time.ts";

/**
 * A row for each job that was erased within a day, and one with another key for each that was
 * handed over.
 */
export const GONE_TABLE =
  "CREATE TABLE gone (job TEXT PRIMARY KEY, at INTEGER NOT NULL, shard INTEGER) WITHOUT ROWID";

/** A call that comes later than this after its sender gave it up is not reckoned with. */
export const KEPT_MS: Millis = DAY;

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

  /** Where a job was handed over to, or since when it is back; `undefined` for any other. */
  moved(source: string, guid: string): GoneJob | undefined {
    return this.#find(movedKeyOf(source, guid));
  }

  /** True for what was done at `at`, where the job was erased then or later. */
  isErased(source: string, guid: string, at: Millis): boolean {
    return (this.#find(keyOf(source, guid))?.at ?? -1) >= at;
  }

  #find(key: string): GoneJob | undefined {
    this.#isEmpty ??= this.#sql.exec("SELECT 1 FROM gone LIMIT 1").toArray().length === 0;
    if (this.#isEmpty) return undefined;
    return this.#sql
      .exec<{ at: Millis; shard: number | null }>("SELECT at, shard FROM gone WHERE job = ?", key)
      .toArray()[0];
  }

  /** Notes that a job is gone: one row. An instance begins with the removal of what is old. */
  add(source: string, guid: string, { at, shard }: GoneJob): void {
    if (!this.#isTrimmed) this.#sql.exec("DELETE FROM gone WHERE at < ?", at - KEPT_MS);
    this.#isTrimmed = true;
    this.#isEmpty = false;
    if (shard === null) this.#sql.exec("DELETE FROM gone WHERE job = ?", movedKeyOf(source, guid));
    const key = (shard === null ? keyOf : movedKeyOf)(source, guid);
    const query = "INSERT OR REPLACE INTO gone (job, at, shard) VALUES (?, ?, ?)";
    this.#sql.exec(query, key, at, shard);
  }

  /** Notes that a job has come back to this shard: what was asked of it before `at` is over. */
  cameBack(source: string, guid: string, { at, shard }: GoneJob): void {
    const query = "UPDATE gone SET at = ?, shard = ? WHERE job = ?";
    if (this.#isEmpty === false) this.#sql.exec(query, at, shard, movedKeyOf(source, guid));
  }

  /** True once nothing can come late any more of any job that left. */
  isOver(now: Millis): boolean {
    const query = "SELECT 1 FROM gone WHERE at > ? LIMIT 1";
    return this.#sql.exec(query, now - KEPT_MS).toArray().length === 0;
  }
}

/** Of an erased job nothing is kept but this. */
const keyOf = (source: string, guid: string): string => fingerprint(`${source}/${guid}`);
const movedKeyOf = (source: string, guid: string): string => `>${keyOf(source, guid)}`;
