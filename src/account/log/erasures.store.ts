// The table of erased jobs, as long as the log has events from before.

import type { Erasure } from "./erasures.ts";

type ErasureRow = { off: number; job: string; exports: number; webhooks: number };

/** Typed access to the table; part of a `LogStore`, which makes sure that it exists. */
export class ErasuresStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Every erasure, oldest first. */
  all(): readonly Erasure[] {
    return this.#sql
      .exec<ErasureRow>("SELECT off, job, exports, webhooks FROM erased ORDER BY off")
      .toArray()
      .map(({ off, ...row }) => ({ newest: off, ...row }));
  }

  /** Adds an erasure: one row. */
  add({ newest, job, exports, webhooks }: Erasure): void {
    this.#sql.exec(
      "INSERT INTO erased (off, job, exports, webhooks) VALUES (?, ?, ?, ?)",
      newest,
      job,
      exports,
      webhooks,
    );
  }

  /** Removes the erasures up to an offset. */
  removeUpTo(offset: number): void {
    this.#sql.exec("DELETE FROM erased WHERE off <= ?", offset);
  }
}
