// Publications that wait to be taken in, in the order in which they came.

import type { Json } from "../../kernel/json.ts";
import type { Position } from "../record.ts";

/** A publication, or a place in a channel that nothing stands for. */
export interface Entry {
  readonly channel: string;
  readonly position: Position | null;
  /** `undefined` for a place alone. */
  readonly data: Json | undefined;
  /** How often the relay's own objects have failed on it. */
  readonly failures: number;
}

/** Publications taken in together: some milliseconds of work, and one row for their positions. */
export const MAX_BATCH = 64;

/** Publications that may wait. A server that sends more is not read until they are taken in. */
export const MAX_WAITING = 5_000;

/**
 * Failures of one publication after which it is left out: an object that throws on it would hold
 * back everything behind it for ever.
 */
export const MAX_FAILURES = 6;

/** What deduplication knows a publication by: it is the same after every recovery. */
export const publicationId = ({ channel, position }: Entry): string | null =>
  position === null ? null : `${channel}/${position.epoch}/${position.offset}`;

/** The positions once the entries are taken in. */
export function afterEntries(
  positions: Readonly<Record<string, Position>>,
  entries: readonly Entry[],
): Readonly<Record<string, Position>> {
  const next = new Map(Object.entries(positions));
  for (const { channel, position, data } of entries) {
    if (position !== null) next.set(channel, position);
    else if (data === undefined) next.delete(channel);
  }
  return Object.fromEntries(next);
}

/** Groups of entries that may be worked on at the same time; each keeps its order. */
export const groupsOf = <T extends { readonly key: string }>(
  entries: readonly T[],
): readonly (readonly T[])[] => [...Map.groupBy(entries, ({ key }) => key).values()];
