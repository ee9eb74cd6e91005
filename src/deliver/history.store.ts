// All deliveries of a subscriber, finished ones too: what people, replays and retention ask for.

import type { Millis } from "../kernel/time.ts";
import type { DeliveryRow, StoredState } from "./delivery.ts";
import { chunksOf } from "../durable/chunks.ts";
import type { JobDeliveries } from "./storage/job-deliveries.store.ts";
import type { DeliveryPages } from "./storage/pages.store.ts";
import type { RowRange } from "./storage/state-counts.store.ts";
import {
  DELIVERY_COLUMNS,
  deliveryRow,
  whereOf,
  type AgedDelivery,
  type DeliveryColumns,
  type Pruned,
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

/** Rows read together for a page of a job's deliveries. */
const LISTED_TOGETHER = 200;

/** Rows among which the newest attempts are looked for: the others may not have left yet. */
const SAMPLED_ROWS = 20_000;

/** Rows that retention looks at in one go: some ten milliseconds. */
const LOOKED_AT_TOGETHER = 5_000;

/** Reads and removes deliveries. Opened by `SubscriberStore`, which owns the table. */
export class DeliveryHistory {
  readonly #sql: SqlStorage;
  readonly #pages: DeliveryPages;
  readonly #jobs: JobDeliveries;

  constructor(sql: SqlStorage, pages: DeliveryPages, jobs: JobDeliveries) {
    this.#sql = sql;
    this.#pages = pages;
    this.#jobs = jobs;
  }

  #rows<T extends Record<string, Value>>(query: string, ...bindings: Value[]): T[] {
    return this.#sql.exec<T>(query, ...bindings).toArray();
  }

  /** The newest deliveries first, those before row `before`. */
  list(selection: Selection, before: number, limit: number): readonly DeliveryRow[] {
    const { where, bindings } = whereOf(selection);
    const { guid } = selection;
    if (guid !== undefined && this.#pages.keys.isComplete)
      return this.#listOfGuid(
        this.#pages.keys.rowsOfGuid(guid, before),
        { where, bindings },
        limit,
      );
    const query = `SELECT ${DELIVERY_COLUMNS} FROM delivery
      WHERE n > ? AND n <= ?${where} ORDER BY n DESC LIMIT ?`;
    const found: DeliveryRow[] = [];
    for (const { after, upTo } of this.#ranges(selection, { after: 0, upTo: before - 1 })) {
      const most = limit - found.length;
      const rows = this.#rows<DeliveryColumns>(query, after, upTo, ...bindings, most);
      found.push(...rows.map(deliveryRow));
      if (found.length >= limit) break;
    }
    return found;
  }

  /** The parts of a range that may hold what is selected, the newest first. */
  #ranges({ state }: Selection, range: RowRange): Iterable<RowRange> {
    return state === undefined ? [range] : this.#pages.counts.rangesOf(state, range);
  }

  #listOfGuid(
    candidates: Iterable<number>,
    { where, bindings }: ReturnType<typeof whereOf>,
    limit: number,
  ): readonly DeliveryRow[] {
    const query = `SELECT ${DELIVERY_COLUMNS} FROM delivery
      WHERE n IN (SELECT value FROM json_each(?))${where} ORDER BY n DESC`;
    const found: DeliveryRow[] = [];
    for (const ns of chunksOf(candidates, LISTED_TOGETHER)) {
      const rows = this.#rows<DeliveryColumns>(query, JSON.stringify(ns), ...bindings);
      found.push(...rows.map(deliveryRow));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
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
    const query = `SELECT count(*) AS c FROM delivery WHERE n > ? AND n <= ?${where}`;
    let count = 0;
    for (const part of this.#ranges(selection, { after: 0, upTo }))
      count += this.#rows<{ c: number }>(query, part.after, part.upTo, ...bindings)[0]?.c ?? 0;
    return count;
  }

  /** The next deliveries of a replay, the oldest first. */
  select(selection: Selection, range: RowRange, limit: number): readonly number[] {
    const { where, bindings } = whereOf(selection);
    const query = `SELECT n FROM delivery WHERE n > ? AND n <= ?${where} ORDER BY n LIMIT ?`;
    const found: number[] = [];
    for (const { after, upTo } of [...this.#ranges(selection, range)].toReversed()) {
      const most = limit - found.length;
      const rows = this.#rows<{ n: number }>(query, after, upTo, ...bindings, most);
      found.push(...rows.map(({ n }) => n));
      if (found.length >= limit) break;
    }
    return found;
  }

  /** The newest `limit` deliveries that were attempted. */
  sample(limit: number): AttemptSample {
    type Sampled = { state: StoredState; attempts: number; ms: number };
    const rows = this.#rows<Sampled>(
      `SELECT state, attempts, ms
        FROM (SELECT state, attempts, ms, tried FROM delivery ORDER BY n DESC LIMIT ?)
        WHERE tried IS NOT NULL LIMIT ?`,
      SAMPLED_ROWS,
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

  /**
   * Looks at the next deliveries after row `after`, and removes those that have expired. `end` is
   * the last row that was looked at; `null` when the rest is younger than `cutoff`.
   */
  prune(after: number, cutoff: Millis, isExpired: (row: AgedDelivery) => boolean): Pruned {
    const rows = this.#rows<AgedDelivery>(
      "SELECT n, source, state, due, at, tried FROM delivery WHERE n > ? ORDER BY n LIMIT ?",
      after,
      LOOKED_AT_TOGETHER,
    );
    const young = rows.findIndex(({ at }) => at >= cutoff);
    const old = young === -1 ? rows : rows.slice(0, young);
    const expired = old.filter(isExpired);
    const isLast = young !== -1 || rows.length < LOOKED_AT_TOGETHER;
    const end = isLast ? null : (old.at(-1)?.n ?? null);
    const pending = expired.filter(({ state }) => state === "pending").length;
    const removed = this.#jobs.remove(expired);
    if (end === null) this.#pages.dropBelow(this.#lowest());
    return { removed, pending, end };
  }

  #lowest(): number {
    return (
      this.#rows<{ n: number | null }>("SELECT min(n) AS n FROM delivery WHERE n > ?", 0)[0]?.n ?? 0
    );
  }

  /** When the oldest delivery was enqueued. */
  oldest(): Millis | null {
    return this.#rows<{ at: number }>("SELECT at FROM delivery ORDER BY n LIMIT 1")[0]?.at ?? null;
  }
}
