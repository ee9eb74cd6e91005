// Reads as much of a log as one answer may hold: bounded in entries, and in characters as well,
// since one event may be a megabyte.

import type { LogEntry } from "./log.ts";

/**
 * Most characters of JSON in one answer, its last item aside: 24 MB of UTF-8 at worst, below the
 * 32 MiB of one call to an object and of one message (Durable Objects and WebSockets, limits,
 * 2026-11).
 */
export const MAX_READ_CHARACTERS = 8_000_000;

/** Entries read at once: the largest take 24 MB together, and an isolate has 128 MB. */
const CHUNK = 16;

/** What bounds a read. */
interface ReadBounds {
  /** Most entries. */
  readonly limit: number;
  /** Most characters of their events together. */
  readonly characters: number;
}

/** Consecutive entries, the characters of their events, and whether the log ends with them. */
interface BoundedRead {
  readonly entries: readonly LogEntry[];
  readonly size: number;
  readonly ended: boolean;
}

/**
 * Reads as many entries as the bounds allow, at least one where there is one. `read` answers at
 * most `count` entries after `last`, in its own direction.
 */
export function readBounded(
  read: (last: LogEntry | undefined, count: number) => readonly LogEntry[],
  { limit, characters }: ReadBounds,
): BoundedRead {
  const entries: LogEntry[] = [];
  let size = 0;
  while (entries.length < limit) {
    const count = Math.min(CHUNK, limit - entries.length);
    const chunk = read(entries.at(-1), count);
    for (const entry of chunk) {
      const more = JSON.stringify(entry.event).length;
      if (entries.length > 0 && size + more > characters) return { entries, size, ended: false };
      entries.push(entry);
      size += more;
    }
    if (chunk.length < count) return { entries, size, ended: true };
  }
  return { entries, size, ended: false };
}
