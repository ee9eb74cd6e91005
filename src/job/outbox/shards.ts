// Which shard of a subscriber a job's events go to, and how they move to another one in order.

import { parseDestination, type Destination, type Shards } from "./destinations.ts";

/**
 * A subscriber's shard for this job has changed: what waits at the shard `from` has to be handed
 * over before the next event goes to the new one.
 */
export interface ShardMove {
  readonly id: string;
  readonly from: number;
}

/** The shard to which each subscriber's events went last; later names count more. */
export const lastShards = (names: readonly string[]): Shards =>
  new Map(
    names
      .map(parseDestination)
      .flatMap((one) => (one.kind === "subscriber" ? [[one.id, one.shard] as const] : [])),
  );

/**
 * The shards that a job's events keep, whatever the configuration says: of subscribers whose last
 * move has not ended. One move follows the other.
 */
export const pinnedShards = (moves: readonly ShardMove[], last: Shards): Shards =>
  new Map([...last].filter(([id]) => moves.some((move) => move.id === id)));

/** What an event for `to` adds to the names that a job reached, and which moves it begins. */
export function withRoutes(
  reached: readonly string[],
  to: readonly Destination[],
): { readonly reached: readonly string[]; readonly moves: readonly ShardMove[] } {
  const last = lastShards(reached);
  const moves: ShardMove[] = [];
  const added: string[] = [];
  for (const one of to) {
    if (one.kind !== "subscriber") continue;
    const from = last.get(one.id);
    if (from === one.shard) continue;
    if (from !== undefined) moves.push({ id: one.id, from });
    added.push(one.name);
  }
  // The newest name of a subscriber comes last.
  const kept = reached.filter((name) => !added.includes(name));
  return { reached: added.length === 0 ? reached : [...kept, ...added], moves };
}
