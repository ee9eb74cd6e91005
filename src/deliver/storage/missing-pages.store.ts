// Pages of deliveries that an earlier version did not make.

import { PAGE_ROWS } from "../../durable/print-page.ts";

/**
 * Pages that are made in one go; each reads 1,000 rows, some 15 ms. Between two of them the object
 * answers.
 */
const PAGES_PER_BUILD = 2;

/** Makes some of the pages that are missing. One is missing until it is made. */
export function makeSome(missing: number[], make: (page: number) => void): void {
  for (let made = 0; made < PAGES_PER_BUILD; made += 1) {
    const page = missing.at(-1);
    if (page === undefined) return;
    make(page);
    missing.pop();
  }
}

/** The page of the delivery numbered `n`, which counts from 1. */
export const pageOf = (n: number): number => Math.floor((n - 1) / PAGE_ROWS);

/** The page of the lowest delivery; `null` when there is none. */
export function lowestPage(sql: SqlStorage): number | null {
  const lowest = sql
    .exec<{ n: number | null }>("SELECT min(n) AS n FROM delivery WHERE n > ?", 0)
    .toArray()[0]?.n;
  return lowest === undefined || lowest === null ? null : pageOf(lowest);
}

/** The row of `survey` that says that some may be missing. */
export const MAY_LACK_PAGES = 2;

/** True when an earlier version stored deliveries, for which there may be no pages. */
export const mayLackPages = (sql: SqlStorage): boolean =>
  sql.exec("SELECT 1 AS found FROM survey WHERE id = ?", MAY_LACK_PAGES).toArray().length > 0;

/** Notes that all pages are made. */
export const noteAllPages = (sql: SqlStorage): void =>
  void sql.exec("DELETE FROM survey WHERE id = ?", MAY_LACK_PAGES);

/**
 * The pages from that of the lowest delivery up to `end` (without it) that have no row in `table`,
 * the lowest last.
 */
export function missingPages(
  sql: SqlStorage,
  table: "key_page" | "state_page",
  end: number,
): number[] {
  const first = lowestPage(sql);
  if (first === null || first >= end) return [];
  const made = new Set(
    sql
      .exec<{ page: number }>(`SELECT page FROM ${table} WHERE page >= ?`, first)
      .toArray()
      .map(({ page }) => page),
  );
  const all = Array.from({ length: end - first }, (_, index) => end - 1 - index);
  return all.filter((page) => !made.has(page));
}
