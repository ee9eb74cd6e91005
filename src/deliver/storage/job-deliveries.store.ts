// The deliveries of one job, wherever they are in the table: found, and removed.

import { chunksOf } from "../../durable/chunks.ts";
import type { Millis } from "../../kernel/time.ts";
import type { ExpiredJob, FoundDelivery, Value } from "../tables.ts";
import type { DeliveryPages } from "./pages.store.ts";

/** Rows whose numbers are bound together: about 8 KB. */
const REMOVED_TOGETHER = 1_000;

/** Opened by `SubscriberStore`, which owns the table. */
export class JobDeliveries {
  readonly #sql: SqlStorage;
  readonly #pages: DeliveryPages;

  constructor(sql: SqlStorage, pages: DeliveryPages) {
    this.#sql = sql;
    this.#pages = pages;
  }

  #rows<T extends Record<string, Value>>(query: string, ...bindings: Value[]): T[] {
    return this.#sql.exec<T>(query, ...bindings).toArray();
  }

  /** Those of up to `upTo`, in parts; scans the table while pages of older versions are missing. */
  *all(source: string, guid: string, upTo: Millis): Generator<readonly FoundDelivery[]> {
    const columns = "SELECT n, state, due, at FROM delivery WHERE at <= ? AND";
    if (!this.#pages.keys.isComplete) {
      yield this.#rows<FoundDelivery>(`${columns} source = ? AND guid = ?`, upTo, source, guid);
      return;
    }
    const query = `${columns} n IN (SELECT value FROM json_each(?)) AND source = ? AND guid = ?`;
    const candidates = this.#pages.keys.rowsOfGuid(guid, Number.MAX_SAFE_INTEGER);
    for (const ns of chunksOf(candidates, REMOVED_TOGETHER))
      yield this.#rows<FoundDelivery>(query, upTo, JSON.stringify(ns), source, guid);
  }

  /** The numbers of the unfinished ones, in their order. */
  unfinished(source: string, guid: string): readonly number[] {
    const job = "source = ? AND guid = ? AND state = 'pending'";
    if (!this.#pages.keys.isComplete) {
      const query = `SELECT n FROM delivery WHERE ${job} ORDER BY n`;
      return this.#rows<{ n: number }>(query, source, guid).map(({ n }) => n);
    }
    const failed = this.#rows<{ n: number }>(
      `SELECT n FROM delivery INDEXED BY delivery_waiting_job WHERE ${job} AND waiting <> 'fresh'`,
      source,
      guid,
    );
    const query = `SELECT n FROM delivery
      WHERE n IN (SELECT value FROM json_each(?)) AND ${job} AND waiting = 'fresh'`;
    const mayHave = (page: number): boolean => this.#pages.counts.mayHaveFresh(page);
    const candidates = this.#pages.keys.rowsOfGuid(guid, Number.MAX_SAFE_INTEGER, mayHave);
    const fresh = [...chunksOf(candidates, REMOVED_TOGETHER)].flatMap((ns) =>
      this.#rows<{ n: number }>(query, JSON.stringify(ns), source, guid),
    );
    return [...failed, ...fresh].map(({ n }) => n).toSorted((left, right) => left - right);
  }

  /**
   * Removes those of up to `upTo`, or the finished ones of them. Answers the rows that are gone,
   * and when the last one that is left is due; `null` when none is left.
   */
  erase(source: string, guid: string, upTo: Millis, leavesPending = false): ExpiredJob {
    const removed: number[] = [];
    let lastDue: Millis | null = null;
    for (const part of this.all(source, guid, upTo)) {
      const isLeft = ({ state }: FoundDelivery): boolean => leavesPending && state === "pending";
      removed.push(...this.remove(part.filter((one) => !isLeft(one))));
      for (const { due } of part.filter(isLeft)) lastDue = Math.max(lastDue ?? 0, due);
    }
    return { removed, lastDue };
  }

  /** Removes deliveries with their bodies; answers their rows. */
  remove(found: readonly Pick<FoundDelivery, "n" | "state">[]): readonly number[] {
    const { counts } = this.#pages;
    const removed = found.map(({ n }) => n);
    for (const { n, state } of found) counts.move(n, state, null, false);
    counts.save();
    for (const ns of chunksOf(removed, REMOVED_TOGETHER)) {
      const list = JSON.stringify(ns);
      this.#sql.exec(
        `DELETE FROM adopted WHERE id IN
          (SELECT id FROM delivery WHERE n IN (SELECT value FROM json_each(?)))`,
        list,
      );
      this.#sql.exec("DELETE FROM delivery WHERE n IN (SELECT value FROM json_each(?))", list);
      this.#sql.exec("DELETE FROM spill WHERE n IN (SELECT value FROM json_each(?))", list);
    }
    return removed;
  }
}
