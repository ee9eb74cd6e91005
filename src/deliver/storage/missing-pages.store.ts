// Pages of deliveries that an earlier version did not make.

import { PAGE_ROWS } from "../../durable/print-page.ts";

/**
 * Pages that are made in one go; each reads 1,000 rows, some 15 ms. Between two of them the object
 * answers.
 */
export const PAGES_PER_BUILD = 2;

/** The page of the delivery numbered `n`, which counts from 1. */
export const pageOf = (n: number): number => Math.floor((n - 1) / PAGE_ROWS);

/**
 * The pages from that of the lowest delivery up to `end` (without it) that have no row in `table`,
 * the lowest last.
 */
export function missingPages(
  sql: SqlStorage,
  table: "key_page" | "state_page",
  end: number,
): number[] {
  const lowest = sql
    .exec<{ n: number | null }>("SELECT min(n) AS n FROM delivery WHERE n > ?", 0)
    .toArray()[0]?.n;
  if (lowest === undefined || lowest === null) return [];
  const first = pageOf(lowest);
  const made = new Set(
    sql
      .exec<{ page: number }>(`SELECT page FROM ${table} WHERE page >= ?`, first)
      .toArray()
      .map(({ page }) => page),
  );
  const all = Array.from({ length: end - first }, (_, index) => end - 1 - index);
  return all.filter((page) => !made.has(page));
}
