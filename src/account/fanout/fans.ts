// Fans: objects that show one account's log to viewers that are too many for the account itself. What they know, and how many there are.

import type { Position } from "../../stream/cursor.ts";
import type { Frame } from "../../stream/frames.ts";
import { FAN_SHARE, MAX_FANS } from "../../stream/limits.ts";
import type { LogEntry } from "../../stream/log.ts";

/** A stretch of an account's log: everything that the log holds after `after`, up to and including `last`. Offsets between may be missing: they were erased. */
export interface LogRange {
  readonly epoch: string;
  readonly after: number;
  readonly last: number;
  readonly entries: readonly LogEntry[];
}

/** What an account tells a fan about a new viewer: its first frames, which end at `last`. */
export interface InitialFrames {
  readonly epoch: string;
  readonly last: number;
  readonly frames: readonly Frame[];
}

/** A stretch that holds nothing but its place. */
export const emptyRange = ({ epoch, offset }: Position): LogRange => ({
  epoch,
  after: offset,
  last: offset,
  entries: [],
});

/** Continues a stretch with another one that overlaps or touches it; `null` when something may be missing between them. */
export function joinRanges(known: LogRange, more: LogRange): LogRange | null {
  if (more.epoch !== known.epoch || more.after > known.last) return null;
  if (more.last <= known.last) return known;
  const fresh = more.entries.filter(({ offset }) => offset > known.last);
  return { ...known, last: more.last, entries: [...known.entries, ...fresh] };
}

/** The newest `most` entries of a stretch. */
export function newestOf(known: LogRange, most: number): LogRange {
  const dropped = known.entries.at(-most - 1);
  return dropped === undefined
    ? known
    : { ...known, after: dropped.offset, entries: known.entries.slice(-most) };
}

/** True when everything after a position is known. */
export const covers = (known: LogRange, position: Position): boolean =>
  position.epoch === known.epoch && position.offset >= known.after && position.offset <= known.last;

/** Over how many fans newcomers spread. `sizes`: the sockets of each fan in use, as far as known. Those that empty are not called any more. */
export function fansWanted(sizes: ReadonlyMap<number, number>): number {
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const highest = Math.max(0, ...sizes.keys());
  return Math.min(MAX_FANS, Math.max(highest + 1, 1 + Math.floor(total / FAN_SHARE)));
}
