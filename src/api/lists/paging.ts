// Pages of the API: limits, opaque cursors, and one newest-first list out of several.

import { fromBase64, toBase64Url, utf8 } from "../../kernel/bytes.ts";
import type { Millis } from "../../kernel/time.ts";

/** The default number of items of a page, and the largest. */
export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 100;

/** The position of a job in a newest-first list; source and guid order jobs of one millisecond. */
export interface JobPosition {
  readonly createdAt: Millis;
  readonly source: string;
  readonly guid: string;
}

/** Makes the opaque cursor that continues after `position`. */
export const cursorOf = (position: JobPosition): string =>
  toBase64Url(utf8(JSON.stringify([position.createdAt, position.source, position.guid])));

/** Reads a cursor; `null` when this relay did not make it. */
export function positionOf(cursor: string): JobPosition | null {
  const bytes = fromBase64(cursor);
  if (bytes === null) return null;
  try {
    const parsed: unknown = JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes),
    );
    if (!Array.isArray(parsed) || parsed.length !== 3) return null;
    const [createdAt, source, guid] = parsed as readonly unknown[];
    if (typeof createdAt !== "number" || !Number.isFinite(createdAt)) return null;
    return typeof source === "string" && typeof guid === "string"
      ? { createdAt, source, guid }
      : null;
  } catch {
    return null;
  }
}

/** Orders newest first, then by source and guid; negative when `left` comes first. */
function newestFirst(left: JobPosition, right: JobPosition): number {
  if (left.createdAt !== right.createdAt) return right.createdAt - left.createdAt;
  if (left.source !== right.source) return left.source < right.source ? -1 : 1;
  return byCodePoint(left.guid, right.guid);
}

/** Orders texts as the database does, by their UTF-8; JavaScript compares UTF-16. */
function byCodePoint(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [left.charCodeAt(at), right.charCodeAt(at)];
    // Halves of characters beyond U+FFFF come after all others.
    if (one !== other) return rankOf(one) - rankOf(other);
  }
  return left.length - right.length;
}

const rankOf = (unit: number): number => ((unit & 0xf800) === 0xd800 ? unit + 0x10000 : unit);

/** A newest-first list, and where a search of it ended; `null` where it was read to its end. */
export interface SearchedList<T> {
  readonly items: readonly T[];
  readonly reached: JobPosition | null;
}

/**
 * The first `limit` of several newest-first lists, one per source. Where a search has ended, later
 * items of the others are left out: it may find some that come before them.
 */
export function mergeLists<T extends JobPosition>(
  lists: readonly SearchedList<T>[],
  limit: number,
): SearchedList<T> {
  const ends = lists.flatMap(({ reached }) => reached ?? []);
  const end = ends.toSorted(newestFirst)[0] ?? null;
  const items = lists
    .flatMap((list) => list.items)
    .filter((item) => end === null || newestFirst(item, end) <= 0)
    .toSorted(newestFirst);
  return items.length > limit
    ? { items: items.slice(0, limit), reached: null }
    : { items, reached: end };
}
