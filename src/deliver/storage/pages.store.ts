// The pages of a subscriber's deliveries: by key and guid, and by state.

import type { Millis } from "../../kernel/time.ts";
import { KeyPages, type AskedKey } from "./key-page.store.ts";
import { mayLackPages, noteAllPages } from "./missing-pages.store.ts";
import { StateCounts } from "./state-counts.store.ts";

/** Opened by `SubscriberStore`, which owns the tables. */
export class DeliveryPages {
  readonly #sql: SqlStorage;
  /** How many deliveries are in each state. */
  readonly counts: StateCounts;
  /** Where deliveries are found by key or guid. */
  readonly keys: KeyPages;
  #areLacking: boolean;

  /** `nextN` is the number of the next delivery. */
  constructor(sql: SqlStorage, nextN: number) {
    this.#sql = sql;
    const mayLack = mayLackPages(sql);
    this.counts = new StateCounts(sql, nextN, mayLack);
    const newestOf = (page: number): Millis | null => this.counts.newestOf(page);
    this.keys = new KeyPages(sql, { nextN, mayLack, newestOf });
    this.#areLacking = mayLack;
  }

  /** True while pages of an earlier version are missing. */
  get areLacking(): boolean {
    return this.#areLacking;
  }

  /** Makes some of the pages that are missing. */
  build(): void {
    if (!this.#areLacking) return;
    this.keys.build();
    this.counts.build();
    if (!this.keys.isComplete || !this.counts.isComplete) return;
    noteAllPages(this.#sql);
    this.#areLacking = false;
  }

  /** Makes the pages that are due when `nextN` is the number of the next delivery. */
  close(nextN: number): void {
    this.keys.close(nextN);
    this.counts.close(nextN);
  }

  /** Which of these keys the table has; scans it while pages of an earlier version are missing. */
  known(asked: readonly AskedKey[]): ReadonlySet<string> {
    if (this.keys.isComplete) return this.keys.known(asked);
    const query = "SELECT key FROM delivery WHERE key IN (SELECT value FROM json_each(?))";
    const keys = JSON.stringify(asked.map(({ key }) => key));
    const rows = this.#sql.exec<{ key: string }>(query, keys).toArray();
    return new Set(rows.map(({ key }) => key));
  }

  /** Removes the pages whose rows are all below `n`, which are gone. */
  dropBelow(n: number): void {
    this.keys.dropBelow(n);
    this.counts.dropBelow(n);
  }
}
