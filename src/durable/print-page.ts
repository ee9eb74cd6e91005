// Which pages of rows may hold a key: sorted fingerprints, four bytes for each row.

import { fingerprint } from "../kernel/fingerprint.ts";

/**
 * Rows of a page. A wake reads the keys of a page that is not full, and a key that seems to be
 * known is looked for in one page: both take a few milliseconds at most.
 */
export const PAGE_ROWS = 1_000;

/**
 * The first 32 bits of a key's fingerprint: among 1,000,000 keys a new one meets 0.02 % by chance.
 */
export const printOf = (key: string): number => Number.parseInt(fingerprint(key).slice(0, 8), 16);

/** A page of keys, as it is stored. */
export const pageOf = (keys: readonly string[]): Uint32Array =>
  Uint32Array.from(keys, printOf).toSorted();

/** True when a page has the fingerprint. */
export function pageHas(page: Uint32Array, print: number): boolean {
  let low = 0;
  let high = page.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = page[middle] ?? 0;
    if (found === print) return true;
    if (found < print) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}
