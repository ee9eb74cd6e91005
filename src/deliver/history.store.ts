// All deliveries of a subscriber, finished ones too: what people, replays and retention ask for.

import type { Millis } from "../kernel/time.ts";
import type { DeliveryRow, StoredState } from "./delivery.ts";
import type { DeliveryCounts } from "./delivery-counts.ts";
import {
  DELIVERY_COLUMNS,
  deliveryRow,
  whereOf,
  type DeliveryColumns,
  type Selection,
  type Value,
} from "./tables.ts";
import type { AttemptSample } from "./view.ts";

/** When something last left, as far as the newest deliveries tell; `null`: nothing did. */
interface LastSent {
  readonly any: Millis | null;
  /** The last progress of each job (`source/guid`), the oldest first. */
  readonly progress: readonly (readonly [job: string, at: Millis])[];
}

/** Reads and removes deliveries. Opened by `SubscriberStore`, which owns the table. */
export class DeliveryHistory {
  readonly #sql: SqlStorage;
  readonly #counts: DeliveryCounts;

  constructor(sql: SqlStorage, counts: DeliveryCounts) {
    this.#sql = sql;
    this.#counts = counts;
  }

  #rows<T extends Record<string, Value>>(query: string, ...bindings: Value[]): T[] {
    return this.#sql.exec<T>(query, ...bindings).toArray();
  }

  /** The newest deliveries first, those before row `before`. */
  list(selection: Selection, before: number, limit: number): readonly DeliveryRow[] {
    const { where, bindings } = whereOf(selection);
    const query = `SELECT ${DELIVERY_COLUMNS} FROM delivery
      WHERE n < ?${where} ORDER BY n DESC LIMIT ?`;
    return this.#rows<DeliveryColumns>(query, before, ...bindings, limit).map(deliveryRow);
  }

  /** One delivery; `null` when there is none in that row. */
  find(n: number): DeliveryRow | null {
    const query = `SELECT ${DELIVERY_COLUMNS} FROM delivery WHERE n = ?`;
    const row = this.#rows<DeliveryColumns>(query, n)[0];
    return row === undefined ? null : deliveryRow(row);
  }

  /** How many deliveries a replay selects among those up to row `upTo`. */
  count(selection: Selection, upTo: number): number {
    const { where, bindings } = whereOf(selection);
    const query = `SELECT count(*) AS c FROM delivery WHERE n <= ?${where}`;
    return this.#rows<{ c: number }>(query, upTo, ...bindings)[0]?.c ?? 0;
  }

  /** The next deliveries of a replay, the oldest first. */
  select(
    selection: Selection,
    range: { readonly after: number; readonly upTo: number },
    limit: number,
  ): readonly number[] {
    const { where, bindings } = whereOf(selection);
    const query = `SELECT n FROM delivery WHERE n > ? AND n <= ?${where} ORDER BY n LIMIT ?`;
    const { after, upTo } = range;
    return this.#rows<{ n: number }>(query, after, upTo, ...bindings, limit).map(({ n }) => n);
  }

  /** How many deliveries are in each state; the first call scans the table. */
  counts(): ReadonlyMap<StoredState, number> {
    if (this.#counts.value !== null) return this.#counts.value;
    const rows = this.#rows<{ state: StoredState; c: number }>(
      "SELECT state, count(*) AS c FROM delivery GROUP BY state",
    );
    const counts = new Map(rows.map((row) => [row.state, row.c]));
    this.#counts.set(counts);
    return counts;
  }

  /** The newest `limit` deliveries that were attempted. */
  sample(limit: number): AttemptSample {
    type Sampled = { state: StoredState; attempts: number; ms: number };
    const rows = this.#rows<Sampled>(
      "SELECT state, attempts, ms FROM delivery WHERE tried IS NOT NULL ORDER BY n DESC LIMIT ?",
      limit,
    );
    const latencies = rows.filter((row) => row.state === "delivered").map((row) => row.ms);
    return {
      attempts: rows.reduce((sum, row) => sum + row.attempts, 0),
      successes: latencies.length,
      latencies,
    };
  }

  /** When something last left, as far as the newest `limit` deliveries tell. */
  lastSent(limit: number): LastSent {
    const newest = "(SELECT event, source, guid, tried FROM delivery ORDER BY n DESC LIMIT ?)";
    const any = this.#rows<{ tried: number | null }>(
      `SELECT max(tried) AS tried FROM ${newest}`,
      limit,
    )[0]?.tried;
    const progress = this.#rows<{ job: string; tried: number }>(
      `SELECT source || '/' || guid AS job, max(tried) AS tried FROM ${newest}
        WHERE event = 'job.progress' AND tried IS NOT NULL GROUP BY job ORDER BY tried`,
      limit,
    );
    return {
      any: any ?? null,
      progress: progress.map(({ job, tried }) => [job, tried] as const),
    };
  }

  /** Removes a job's deliveries with their bodies; answers the rows that are gone. */
  erase(source: string, guid: string): readonly number[] {
    return this.#remove("source = ? AND guid = ?", source, guid);
  }

  /**
   * Removes what a source's retention no longer covers; answers the rows that are gone. These are
   * the deliveries enqueued before an instant. A dead one stays when it was tried since then. A
   * pending one stays too, unless `held` says that no attempt will be made.
   */
  prune(source: string, before: Millis, held: boolean): readonly number[] {
    const expired = "source = ? AND at < ? AND (state <> 'dead' OR tried < ?)";
    const condition = held ? expired : `${expired} AND state <> 'pending'`;
    return this.#remove(condition, source, before, before);
  }

  #remove(condition: string, ...bindings: Value[]): readonly number[] {
    this.#counts.reset();
    const query = `SELECT n FROM delivery WHERE ${condition}`;
    const removed = this.#rows<{ n: number }>(query, ...bindings).map((row) => row.n);
    if (removed.length === 0) return removed;
    this.#sql.exec(`DELETE FROM delivery WHERE ${condition}`, ...bindings);
    this.#sql.exec(
      "DELETE FROM spill WHERE n IN (SELECT value FROM json_each(?))",
      JSON.stringify(removed),
    );
    return removed;
  }

  /** The sources whose events are here. */
  sources(): readonly string[] {
    const rows = this.#rows<{ source: string }>("SELECT DISTINCT source FROM delivery");
    return rows.map((row) => row.source);
  }

  /** When the oldest delivery was enqueued. */
  oldest(): Millis | null {
    return this.#rows<{ at: number }>("SELECT at FROM delivery ORDER BY n LIMIT 1")[0]?.at ?? null;
  }
}
