// Exact look-up of a key among a job's events or records, whatever their number.

import type { Sighting } from "../dedupe.ts";
import { pageHas, pageOf, PAGE_ROWS, printOf } from "../../durable/print-page.ts";
import { KEY_PAGE_TABLE } from "./tables.ts";

/** Rows that have keys, and are numbered from 1 without a gap, or from -1 downwards. */
export interface KeyedTable {
  /** Whose pages they are. */
  readonly owner: "event" | "recorded";
  readonly name: "event" | "recorded";
  readonly number: "seq" | "n";
  readonly sign: 1 | -1;
}

/** The events of a job. */
export const EVENT_KEYS: KeyedTable = { owner: "event", name: "event", number: "seq", sign: 1 };

/** The records of a job that has these tables. */
export const recordKeys = (tables: ReadonlySet<string>): KeyedTable =>
  tables.has("recorded")
    ? { owner: "recorded", name: "recorded", number: "n", sign: 1 }
    : { owner: "recorded", name: "event", number: "seq", sign: -1 };

/**
 * The keys of one table. An index in SQL would cost a row per update; here a page of 1,000 keys is
 * one row of fingerprints. A page says in which rows a key may be, and those are read.
 */
export class KeyStore {
  readonly #sql: SqlStorage;
  #table: KeyedTable;
  /** Full pages, in order; `null` before `load`. */
  #pages: Uint32Array[] | null = null;
  /**
   * Keys of the rows after the last full page; a key that is in two rows has the last one's count.
   */
  #tail = new Map<string, Sighting>();
  #tailRows: string[] = [];

  constructor(sql: SqlStorage, table: KeyedTable) {
    this.#sql = sql;
    this.#table = table;
  }

  /** Forgets what was read; `table` is where the rows are from now on. */
  reset(table: KeyedTable = this.#table): void {
    this.#table = table;
    this.#pages = null;
    this.#tail = new Map();
    this.#tailRows = [];
  }

  /**
   * When a key was accepted; `undefined` for one that was not. `rows` is how many the table has.
   */
  find(key: string, rows: number): Sighting | undefined {
    const pages = this.#load(rows);
    const recent = this.#tail.get(key);
    if (recent !== undefined) return recent;
    const print = printOf(key);
    for (let page = pages.length - 1; page >= 0; page -= 1) {
      const found = pages[page];
      if (found === undefined || !pageHas(found, print)) continue;
      const sighting = this.#inPage(page, key);
      if (sighting !== undefined) return sighting;
    }
    return undefined;
  }

  /** Adds the key of the newest row (`null` for a row without one), which is stored already. */
  add(key: string | null, sighting: Sighting, rows: number): void {
    // What was not read yet is read with the next look-up.
    if (this.#pages === null) return;
    if (this.#pages.length * PAGE_ROWS + this.#tailRows.length !== rows - 1) return this.reset();
    this.#push(key, sighting);
  }

  #push(key: string | null, sighting: Sighting): void {
    this.#tailRows.push(key ?? "");
    if (key !== null) this.#tail.set(key, sighting);
    if (this.#tailRows.length < PAGE_ROWS) return;
    const page = pageOf(this.#tailRows);
    this.#sql.exec(KEY_PAGE_TABLE);
    this.#sql.exec(
      "INSERT OR REPLACE INTO key_page (owner, page, prints) VALUES (?, ?, ?)",
      this.#table.owner,
      this.#pages?.length ?? 0,
      page.buffer,
    );
    this.#pages?.push(page);
    this.#tail = new Map();
    this.#tailRows = [];
  }

  #load(rows: number): readonly Uint32Array[] {
    if (this.#pages !== null) return this.#pages;
    this.#pages = rows < PAGE_ROWS ? [] : this.#readPages();
    // Rows of an earlier version have no pages: they are made here, once.
    const { name, number, sign } = this.#table;
    for (let after = this.#pages.length * PAGE_ROWS; after < rows; after += PAGE_ROWS) {
      const chunk = this.#sql
        .exec<{ key: string | null; era: number }>(
          `SELECT key, era FROM ${name} WHERE ${number} BETWEEN ? AND ?
           ORDER BY ${number} ${sign === 1 ? "ASC" : "DESC"}`,
          ...this.#range(after),
        )
        .toArray();
      for (const { key, era } of chunk) this.#push(key, { lifecycleCount: era });
    }
    return this.#pages;
  }

  #readPages(): Uint32Array[] {
    this.#sql.exec(KEY_PAGE_TABLE);
    return this.#sql
      .exec<{ prints: ArrayBuffer }>(
        "SELECT prints FROM key_page WHERE owner = ? ORDER BY page",
        this.#table.owner,
      )
      .toArray()
      .map(({ prints }) => new Uint32Array(prints));
  }

  /** The newest row of a page that has the key. */
  #inPage(page: number, key: string): Sighting | undefined {
    const { name, number, sign } = this.#table;
    const row = this.#sql
      .exec<{ era: number }>(
        `SELECT era FROM ${name} WHERE ${number} BETWEEN ? AND ? AND key = ?
         ORDER BY ${number} ${sign === 1 ? "DESC" : "ASC"} LIMIT 1`,
        ...this.#range(page * PAGE_ROWS),
        key,
      )
      .toArray()[0];
    return row === undefined ? undefined : { lifecycleCount: row.era };
  }

  /** The lowest and the highest number of the page of rows after a number. */
  #range(after: number): readonly [number, number] {
    const [first, last] = [after + 1, after + PAGE_ROWS];
    return this.#table.sign === 1 ? [first, last] : [-last, -first];
  }
}
