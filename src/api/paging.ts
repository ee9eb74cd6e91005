// Pages of the API: limits, opaque cursors, and one newest-first list out of several.

import { fromBase64, toBase64Url, utf8 } from "../kernel/bytes.ts";
import type { Millis } from "../kernel/time.ts";

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

/**
 * Orders newest first, then by source; negative when `left` comes first. Guids are not compared: a
 * source lists its jobs in the database's order (UTF-8, not UTF-16), and a stable sort keeps it.
 */
function newestFirst(left: JobPosition, right: JobPosition): number {
  if (left.createdAt !== right.createdAt) return right.createdAt - left.createdAt;
  return left.source < right.source ? -1 : left.source > right.source ? 1 : 0;
}

/** The first `limit` of several newest-first lists, one per source, and whether there are more. */
export function mergePages<T extends JobPosition>(
  lists: readonly (readonly T[])[],
  limit: number,
): { readonly items: readonly T[]; readonly more: boolean } {
  const all = lists.flat().toSorted(newestFirst);
  return { items: all.slice(0, limit), more: all.length > limit };
}
