// Finds deliveries by key or by guid, whatever their number, without an index in SQL.

import { PAGE_ROWS, printOf } from "../../durable/print-page.ts";
import type { Millis } from "../../kernel/time.ts";
import { lowestPage, makeSome, missingPages, pageOf } from "./missing-pages.store.ts";

/** One page in memory: fingerprints of keys and of guids, in the order of the rows. */
interface Page {
  readonly keys: Uint32Array;
  readonly guids: Uint32Array;
}

/** Pages that stay in memory: 8 MB. */
const MAX_LOADED_PAGES = 1_000;

/** Pages that are read together. */
const READ_TOGETHER = 50;

/** True when a page is full after so many deliveries more; `nextN` is the number of the first. */
export const closesPage = (nextN: number, count: number): boolean =>
  pageOf(nextN + count) > pageOf(nextN);

const guidPrint = (guid: string | null): number => (guid === null ? 0 : printOf(guid));

/** A key, and an instant before which no delivery with it can have been enqueued. */
export interface AskedKey {
  readonly key: string;
  readonly notBefore: Millis;
}

/** What pages depend on. */
interface PageOptions {
  /** The number of the next delivery. */
  readonly nextN: number;
  /** An earlier version may have stored deliveries without pages. */
  readonly mayLack: boolean;
  /** When the newest delivery of a page was enqueued; `null` when that is not known. */
  readonly newestOf: (page: number) => Millis | null;
  readonly maxLoaded?: number;
}

/**
 * A page is one row for 1,000 deliveries, with two fingerprints of 32 bits for each. It is written
 * when it is full, and read when somebody asks for a key or a guid that may be in it. A fingerprint
 * only says where to look: the rows themselves decide.
 */
export class KeyPages {
  readonly #sql: SqlStorage;
  readonly #newestOf: PageOptions["newestOf"];
  readonly #maxLoaded: number;
  /** Full pages in memory, the one that was read first comes first. */
  readonly #loaded = new Map<number, Page>();
  /** The page of the newest deliveries, which is not full. */
  #current: number;
  /** The page of the oldest deliveries. */
  #lowest: number;
  /** Pages of rows that an earlier version stored, the lowest last. */
  readonly #missing: number[];

  constructor(
    sql: SqlStorage,
    { nextN, mayLack, newestOf, maxLoaded = MAX_LOADED_PAGES }: PageOptions,
  ) {
    this.#sql = sql;
    this.#maxLoaded = maxLoaded;
    this.#newestOf = newestOf;
    this.#current = pageOf(nextN);
    this.#lowest = lowestPage(sql) ?? this.#current;
    this.#missing = mayLack ? missingPages(sql, "key_page", this.#current) : [];
  }

  /** True when every row is in a page or after the last one; before, tables have to be scanned. */
  get isComplete(): boolean {
    return this.#missing.length === 0;
  }

  /** Pages in memory at present. */
  get loadedCount(): number {
    return this.#loaded.size;
  }

  /** Makes some of the pages that are missing. */
  build(): void {
    makeSome(this.#missing, (page) => this.#make(page));
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
    this.#keep(page, unpacked(entries));
  }

  #keep(page: number, loaded: Page): void {
    this.#loaded.set(page, loaded);
    if (this.#loaded.size <= this.#maxLoaded) return;
    for (const first of this.#loaded.keys()) {
      this.#loaded.delete(first);
      break;
    }
  }

  /** Full pages that are wanted and there, the newest first. */
  *#pages(isWanted: (page: number) => boolean): Generator<readonly [page: number, Page]> {
    for (let end = this.#current; end > this.#lowest; end -= READ_TOGETHER) {
      const start = Math.max(this.#lowest, end - READ_TOGETHER);
      const wanted = Array.from({ length: end - start }, (_, index) => end - 1 - index).filter(
        isWanted,
      );
      const read = this.#read(wanted.filter((page) => !this.#loaded.has(page)));
      for (const page of wanted) {
        const found = this.#loaded.get(page) ?? read.get(page);
        if (found !== undefined) yield [page, found];
      }
    }
  }

  #read(pages: readonly number[]): ReadonlyMap<number, Page> {
    if (pages.length === 0) return new Map();
    const rows = this.#sql
      .exec<{ page: number; entries: ArrayBuffer }>(
        "SELECT page, entries FROM key_page WHERE page IN (SELECT value FROM json_each(?))",
        JSON.stringify(pages),
      )
      .toArray();
    const read = rows.map(({ page, entries }) => {
      const { buffer } = new Uint8Array(entries);
      return [page, unpacked(new Uint32Array(buffer))] as const;
    });
    for (const one of read) this.#keep(...one);
    return new Map(read);
  }

  /** Which of these keys a delivery in a full page has. To be asked when complete. */
  known(asked: readonly AskedKey[]): ReadonlySet<string> {
    const known = new Set<string>();
    const prints = asked.map((one) => ({ ...one, print: printOf(one.key) }));
    const since = Math.min(...asked.map(({ notBefore }) => notBefore));
    for (const [page, { keys }] of this.#pages((one) => this.#isNewer(one, since)))
      for (const { key, print } of prints)
        if (keys.includes(print) && this.#isInRows(page, key)) known.add(key);
    return known;
  }

  #isNewer(page: number, instant: Millis): boolean {
    return (this.#newestOf(page) ?? Infinity) >= instant;
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
   * Full pages that are not wanted are left out. To be asked when complete.
   */
  *rowsOfGuid(
    guid: string,
    before: number,
    isWanted: (page: number) => boolean = () => true,
  ): Generator<number> {
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
    const isAsked = (page: number): boolean => page * PAGE_ROWS + 1 < before && isWanted(page);
    for (const [page, { guids }] of this.#pages(isAsked)) {
      let place = guids.lastIndexOf(print);
      while (place >= 0) {
        const n = page * PAGE_ROWS + place + 1;
        if (n < before) yield n;
        place = place === 0 ? -1 : guids.lastIndexOf(print, place - 1);
      }
    }
  }

  /** Removes the pages whose rows are all below `n`, which are gone. */
  dropBelow(n: number): void {
    const page = pageOf(n);
    this.#sql.exec("DELETE FROM key_page WHERE page < ?", page);
    for (const number of this.#loaded.keys()) if (number < page) this.#loaded.delete(number);
    this.#lowest = Math.max(this.#lowest, page);
    while ((this.#missing.at(-1) ?? page) < page) this.#missing.pop();
  }
}

const unpacked = (entries: Uint32Array): Page => ({
  keys: entries.subarray(0, PAGE_ROWS),
  guids: entries.subarray(PAGE_ROWS),
});
