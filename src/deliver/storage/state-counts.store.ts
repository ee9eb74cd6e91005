// How many deliveries are in each state, by pages of 1,000 rows, so that neither a count nor a list
// by state reads the whole table.

import { PAGE_ROWS } from "../../durable/print-page.ts";
import type { StoredState } from "../delivery.ts";
import { missingPages, pageOf, PAGES_PER_BUILD } from "./missing-pages.store.ts";

type Counts = Partial<Record<StoredState, number>>;

/** Rows after `after` up to `upTo`. */
export interface RowRange {
  readonly after: number;
  readonly upTo: number;
}

/**
 * A page has a row once it is full and the page after it, too: by then most of its deliveries are
 * finished. Until then its rows are counted when somebody asks; afterwards its row follows every
 * change, several changes of a page in one write (`save`).
 */
export class StateCounts {
  readonly #sql: SqlStorage;
  /** The first page that has no row. */
  #open: number;
  /** Pages of an earlier version that are not counted yet, the lowest last. */
  readonly #missing: number[];
  /** All pages that have a row; `null` until somebody asks. */
  #pages: Map<number, Counts> | null = null;
  readonly #changed = new Map<number, Counts>();

  /** `nextN` is the number of the next delivery. */
  constructor(sql: SqlStorage, nextN: number) {
    this.#sql = sql;
    this.#open = Math.max(pageOf(nextN) - 1, 0);
    this.#missing = missingPages(sql, "state_page", this.#open);
  }

  /** True when all pages are counted; before, tables have to be scanned. */
  get isComplete(): boolean {
    return this.#missing.length === 0;
  }

  /** Counts some of the pages that are missing. */
  build(): void {
    for (const page of this.#missing.splice(-PAGES_PER_BUILD)) this.#make(page);
  }

  /** Counts the pages that are due for it, when `nextN` is the number of the next delivery. */
  close(nextN: number): void {
    for (; this.#open < pageOf(nextN) - 1; this.#open += 1) this.#make(this.#open);
  }

  #make(page: number): void {
    const counts = this.#read({ after: page * PAGE_ROWS, upTo: (page + 1) * PAGE_ROWS });
    this.#write(page, counts);
    this.#pages?.set(page, counts);
  }

  #write(page: number, counts: Counts): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO state_page (page, counts) VALUES (?, ?)",
      page,
      JSON.stringify(counts),
    );
  }

  #read({ after, upTo }: RowRange): Counts {
    const rows = this.#sql
      .exec<{ state: StoredState; c: number }>(
        "SELECT state, count(*) AS c FROM delivery WHERE n > ? AND n <= ? GROUP BY state",
        after,
        upTo,
      )
      .toArray();
    return Object.fromEntries(rows.map(({ state, c }) => [state, c]));
  }

  /** Follows a delivery from a state (`null`: it is new) to another (`null`: it is removed). */
  move(n: number, from: StoredState | null, to: StoredState | null): void {
    const page = pageOf(n);
    if (page >= this.#open || this.#missing.includes(page)) return;
    const counts = { ...(this.#changed.get(page) ?? this.#stored(page)) };
    if (from !== null) counts[from] = (counts[from] ?? 0) - 1;
    if (to !== null) counts[to] = (counts[to] ?? 0) + 1;
    this.#changed.set(page, counts);
    this.#pages?.set(page, counts);
  }

  #stored(page: number): Counts {
    const known = this.#pages?.get(page);
    if (known !== undefined) return known;
    const row = this.#sql
      .exec<{ counts: string }>("SELECT counts FROM state_page WHERE page = ?", page)
      .toArray()[0];
    return row === undefined ? {} : (JSON.parse(row.counts) as Counts);
  }

  /** Writes what `move` has changed, in the turn in which the deliveries were written. */
  save(): void {
    for (const [page, counts] of this.#changed) this.#write(page, counts);
    this.#changed.clear();
  }

  #load(): ReadonlyMap<number, Counts> {
    this.#pages ??= new Map(
      this.#sql
        .exec<{ page: number; counts: string }>(
          "SELECT page, counts FROM state_page WHERE page < ? ORDER BY page",
          this.#open,
        )
        .toArray()
        .map(({ page, counts }) => [
          page,
          this.#changed.get(page) ?? (JSON.parse(counts) as Counts),
        ]),
    );
    return this.#pages;
  }

  /** How many deliveries are in each state; scans the table while pages are missing. */
  total(): ReadonlyMap<StoredState, number> {
    const after = this.isComplete ? this.#open * PAGE_ROWS : 0;
    const total = new Map<StoredState, number>();
    const add = (counts: Counts): void => {
      for (const [state, count] of Object.entries(counts))
        total.set(state as StoredState, (total.get(state as StoredState) ?? 0) + count);
    };
    add(this.#read({ after, upTo: Number.MAX_SAFE_INTEGER }));
    if (this.isComplete) for (const counts of this.#load().values()) add(counts);
    for (const [state, count] of total) if (count <= 0) total.delete(state);
    return total;
  }

  /** The rows of a range that may be in a state, in parts, the newest first. */
  *rangesOf(state: StoredState, { after, upTo }: RowRange): Generator<RowRange> {
    if (!this.isComplete) return void (yield { after, upTo });
    const newest = this.#open * PAGE_ROWS;
    if (upTo > newest) yield { after: Math.max(after, newest), upTo };
    const pages = [...this.#load()].filter(([, counts]) => (counts[state] ?? 0) > 0);
    for (const [page] of pages.toSorted(([left], [right]) => right - left)) {
      const part = {
        after: Math.max(after, page * PAGE_ROWS),
        upTo: Math.min(upTo, (page + 1) * PAGE_ROWS),
      };
      if (part.after < part.upTo) yield part;
    }
  }

  /** Removes the pages whose rows are all below `n`, which are gone. */
  dropBelow(n: number): void {
    const page = pageOf(n);
    this.#sql.exec("DELETE FROM state_page WHERE page < ?", page);
    for (const number of this.#pages?.keys() ?? []) if (number < page) this.#pages?.delete(number);
    while ((this.#missing.at(-1) ?? page) < page) this.#missing.pop();
  }
}
