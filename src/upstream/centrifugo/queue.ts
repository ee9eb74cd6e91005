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

/** What waits: publications, and about how many characters of frames they came in. */
export interface Waiting {
  readonly count: number;
  readonly characters: number;
}

export const NOTHING_WAITS: Waiting = { count: 0, characters: 0 };

/** What may wait. A server that sends more is not read until it is taken in. */
const MAX_WAITING: Waiting = { count: 5_000, characters: 24_000_000 };

/** What waits when a frame brings so many publications more. */
export const withFrame = (
  { count, characters }: Waiting,
  added: number,
  length: number,
): Waiting => ({ count: count + added, characters: characters + length });

/** What waits when `left` are left of it. */
export const afterTaking = ({ count, characters }: Waiting, left: number): Waiting => ({
  count: left,
  characters: count === 0 ? 0 : Math.round((characters * left) / count),
});

/** True where so much waits that a share of what may wait is used up. */
export const waitsTooMuch = ({ count, characters }: Waiting, share = 1): boolean =>
  count > MAX_WAITING.count * share || characters > MAX_WAITING.characters * share;

/**
 * Failures of one publication after which it is left out: an object that throws on it would hold
 * back everything behind it for ever.
 */
export const MAX_FAILURES = 6;

/** The channels that have a position, which the next connection goes on after. */
export const recoverable = (
  positions: ReadonlyMap<string, Position | null>,
): ReadonlyMap<string, Position> =>
  new Map([...positions].flatMap(([name, at]) => (at === null ? [] : [[name, at] as const])));

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
