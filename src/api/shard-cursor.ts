// Cursors of a list that goes through a subscriber's shards one after the other.

/** Where a page starts: a shard, and the place inside it. */
export interface ShardPlace {
  readonly shard: number;
  readonly cursor: string | undefined;
}

/** Reads a cursor (`{shard}.{place}`); none is the beginning, `null` is no cursor of this list. */
export function shardCursor(text: string | undefined): ShardPlace | null {
  if (text === undefined) return { shard: 0, cursor: undefined };
  const match = /^(\d{1,2})\.(\d{0,16})$/.exec(text);
  if (match === null) return null;
  const place = match[2] ?? "";
  return { shard: Number(match[1]), cursor: place === "" ? undefined : place };
}

/** The cursor after a page of `shard`: further inside it, else the next shard, else `null`, the end. */
export function afterShard(shard: number, cursor: string | null, shards: number): string | null {
  if (cursor !== null) return `${shard}.${cursor}`;
  return shard + 1 < shards ? `${shard + 1}.` : null;
}
