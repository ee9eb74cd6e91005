// Ranges of an account's log, as the account and its fans exchange them.

import { readCursor, type Position } from "../../stream/cursor.ts";
import type { LogEntry } from "../../stream/log.ts";
import { isAboutJob } from "../entries.ts";

/**
 * Everything that the log holds after `after`, up to and including `last`. Offsets may be missing
 * between them: those events were erased.
 */
export interface LogRange {
  readonly epoch: string;
  readonly after: number;
  readonly last: number;
  readonly entries: readonly LogEntry[];
  /** The oldest position that may be resumed from this range, where that is not `after`. */
  readonly resumableFrom?: number;
}

/** A range at a position that holds no entries. */
export const emptyRange = ({ epoch, offset }: Position): LogRange => ({
  epoch,
  after: offset,
  last: offset,
  entries: [],
});

/** The position at which a range ends. */
export const endOf = ({ epoch, last }: LogRange): Position => ({ epoch, offset: last });

/** Continues a range with one that overlaps or touches it; `null` when something may be missing. */
export function joinRanges(known: LogRange, more: LogRange): LogRange | null {
  if (more.epoch !== known.epoch || more.after > known.last) return null;
  if (more.last <= known.last) return known;
  const fresh = more.entries.filter(({ offset }) => offset > known.last);
  return { ...known, last: more.last, entries: [...known.entries, ...fresh] };
}

/** Characters of each entry's event as JSON, counted once: an entry goes to up to 64 fans. */
const sizes = new WeakMap<LogEntry, number>();

function sizeOf(entry: LogEntry): number {
  const size = sizes.get(entry) ?? JSON.stringify(entry.event).length;
  sizes.set(entry, size);
  return size;
}

/** What a range may hold. */
interface RangeBounds {
  /** Most entries. */
  readonly most: number;
  /** Most characters of their events. */
  readonly characters: number;
}

/** How many of the newest entries are within the bounds. */
function fitting(entries: readonly LogEntry[], { most, characters }: RangeBounds): number {
  let count = 0;
  let size = 0;
  for (const entry of entries.toReversed()) {
    size += sizeOf(entry);
    if (count === most || size > characters) return count;
    count += 1;
  }
  return count;
}

/** The newest entries of a range that are within the bounds. */
export function newestOf(known: LogRange, bounds: RangeBounds): LogRange {
  const count = fitting(known.entries, bounds);
  const dropped = known.entries.at(-count - 1);
  return dropped === undefined
    ? known
    : { ...known, after: dropped.offset, entries: count === 0 ? [] : known.entries.slice(-count) };
}

/** The range, or its end alone where it is beyond the bounds: who is behind asks for the rest. */
export const withinBounds = (range: LogRange, bounds: RangeBounds): LogRange =>
  fitting(range.entries, bounds) === range.entries.length
    ? range
    : emptyRange({ epoch: range.epoch, offset: range.last });

/**
 * The range without the events of an erased job. A client that comes back from before the last of
 * them has to ask the account, hence `resumableFrom`; viewers that are connected go on.
 */
export function withoutJob(known: LogRange, source: string, guid: string): LogRange {
  const entries = known.entries.filter(({ event }) => !isAboutJob(event, source, guid));
  const erased = known.entries.findLast(({ event }) => isAboutJob(event, source, guid));
  return erased === undefined ? known : { ...known, entries, resumableFrom: erased.offset };
}

/** True when the range holds everything after a position. */
export const covers = (known: LogRange, position: Position): boolean =>
  position.epoch === known.epoch && position.offset >= known.after && position.offset <= known.last;

/** What a client missed that comes back with a cursor. */
interface Missed {
  readonly position: Position;
  readonly entries: readonly LogEntry[];
}

/** Reads from a range what a cursor missed; `null` when the range does not reach back that far. */
export function missedIn(known: LogRange | null, since: string | null): Missed | null {
  const position = since === null ? null : readCursor(since);
  if (known === null || position === null || !covers(known, position)) return null;
  if (position.offset < (known.resumableFrom ?? 0)) return null;
  return { position, entries: known.entries.filter(({ offset }) => offset > position.offset) };
}
