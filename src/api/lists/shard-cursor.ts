// Cursors of a list that reads a subscriber's shards one after the other.

/** Where a page starts: a shard, and the position inside it. */
export interface ShardPlace {
  readonly shard: number;
  readonly cursor: string | undefined;
}

/** Reads a cursor (`{shard}.{position}`); without one the beginning, `null` for an invalid one. */
export function shardCursor(text: string | undefined): ShardPlace | null {
  if (text === undefined) return { shard: 0, cursor: undefined };
  const match = /^(\d{1,2})\.(\d{0,16})$/.exec(text);
  if (match === null) return null;
  const place = match[2] ?? "";
  return { shard: Number(match[1]), cursor: place === "" ? undefined : place };
}

/** The cursor after a page of `shard`: inside it, else at the next shard, else `null` (the end). */
export function afterShard(shard: number, cursor: string | null, shards: number): string | null {
  if (cursor !== null) return `${shard}.${cursor}`;
  return shard + 1 < shards ? `${shard + 1}.` : null;
}
