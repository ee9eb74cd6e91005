// Finds deliveries by key or by guid, whatever their number, without an index in SQL.

import { pageHas, PAGE_ROWS, printOf } from "../../durable/print-page.ts";
import { missingPages, pageOf, PAGES_PER_BUILD } from "./missing-pages.store.ts";

/** One page in memory: sorted fingerprints of keys, and those of guids in the order of the rows. */
interface Page {
  readonly keys: Uint32Array;
  readonly guids: Uint32Array;
}

/** True when a page is full after so many deliveries more; `nextN` is the number of the first. */
export const closesPage = (nextN: number, count: number): boolean =>
  pageOf(nextN + count) > pageOf(nextN);

const guidPrint = (guid: string | null): number => (guid === null ? 0 : printOf(guid));

/**
 * A page is one row for 1,000 deliveries, with two fingerprints of 32 bits for each. It is written
 * when it is full. A fingerprint only says where to look: the rows themselves decide.
 */
export class KeyPages {
  readonly #sql: SqlStorage;
  /** Full pages; `null` until somebody asks. */
  #pages: Map<number, Page> | null = null;
  /** The page of the newest deliveries, which is not full. */
  #current: number;
  /** Pages of rows that an earlier version stored, the lowest last. */
  readonly #missing: number[];

  /** `nextN` is the number of the next delivery. */
  constructor(sql: SqlStorage, nextN: number) {
    this.#sql = sql;
    this.#current = pageOf(nextN);
    this.#missing = missingPages(sql, "key_page", this.#current);
  }

  /** True when every row is in a page or after the last one; before, tables have to be scanned. */
  get isComplete(): boolean {
    return this.#missing.length === 0;
  }

  /** Makes some of the pages that are missing. */
  build(): void {
    for (const page of this.#missing.splice(-PAGES_PER_BUILD)) this.#make(page);
  }

  /** Makes the pages that are full, when `nextN` is the number of the next delivery. */
  close(nextN: number): void {
    const current = pageOf(nextN);
    for (; this.#current < current; this.#current += 1) this.#make(this.#current);
  }

  #make(page: number): void {
    const rows = this.#sql
      .exec<{ n: number; key: string; guid: string | null }>(
        "SELECT n, key, guid FROM delivery WHERE n > ? AND n <= ? ORDER BY n",
        page * PAGE_ROWS,
        (page + 1) * PAGE_ROWS,
      )
      .toArray();
    const entries = new Uint32Array(2 * PAGE_ROWS);
    for (const { n, key, guid } of rows) {
      const place = n - 1 - page * PAGE_ROWS;
      entries[place] = printOf(key);
      entries[PAGE_ROWS + place] = guidPrint(guid);
    }
    this.#sql.exec(
      "INSERT OR REPLACE INTO key_page (page, entries) VALUES (?, ?)",
      page,
      entries.buffer,
    );
    this.#pages?.set(page, unpacked(entries));
  }

  #load(): ReadonlyMap<number, Page> {
    this.#pages ??= new Map(
      this.#sql
        .exec<{ page: number; entries: ArrayBuffer }>("SELECT page, entries FROM key_page")
        .toArray()
        .map(({ page, entries }) => {
          const { buffer } = new Uint8Array(entries);
          return [page, unpacked(new Uint32Array(buffer))] as const;
        }),
    );
    return this.#pages;
  }

  /** Which of these keys a delivery in a full page has. To be asked when complete. */
  known(keys: readonly string[]): ReadonlySet<string> {
    return new Set(keys.filter((key) => this.#isInPages(key)));
  }

  #isInPages(key: string): boolean {
    const print = printOf(key);
    for (const [page, { keys }] of this.#load())
      if (pageHas(keys, print) && this.#isInRows(page, key)) return true;
    return false;
  }

  #isInRows(page: number, key: string): boolean {
    const rows = this.#sql.exec(
      "SELECT 1 FROM delivery WHERE n > ? AND n <= ? AND key = ? LIMIT 1",
      page * PAGE_ROWS,
      (page + 1) * PAGE_ROWS,
      key,
    );
    return rows.toArray().length > 0;
  }

  /**
   * The numbers of rows that may be deliveries of a guid, those below `before`, the newest first.
   * To be asked when complete.
   */
  *rowsOfGuid(guid: string, before: number): Generator<number> {
    const tail = this.#sql
      .exec<{ n: number }>(
        "SELECT n FROM delivery WHERE n > ? AND n < ? AND guid = ? ORDER BY n DESC",
        this.#current * PAGE_ROWS,
        before,
        guid,
      )
      .toArray();
    for (const { n } of tail) yield n;
    const print = guidPrint(guid);
    const pages = this.#load();
    for (const page of [...pages.keys()].toSorted((left, right) => right - left)) {
      const guids = pages.get(page)?.guids ?? [];
      for (let place = PAGE_ROWS - 1; place >= 0; place -= 1) {
        const n = page * PAGE_ROWS + place + 1;
        if (guids[place] === print && n < before) yield n;
      }
    }
  }

  /** Removes the pages whose rows are all below `n`, which are gone. */
  dropBelow(n: number): void {
    const page = pageOf(n);
    this.#sql.exec("DELETE FROM key_page WHERE page < ?", page);
    for (const number of this.#pages?.keys() ?? []) if (number < page) this.#pages?.delete(number);
    while ((this.#missing.at(-1) ?? page) < page) this.#missing.pop();
  }
}

const unpacked = (entries: Uint32Array): Page => ({
  keys: entries.slice(0, PAGE_ROWS).toSorted(),
  guids: entries.slice(PAGE_ROWS),
});
