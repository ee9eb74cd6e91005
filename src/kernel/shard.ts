// Which shard a job belongs to: the same one for all its events, so that their order is kept.

/** 32-bit FNV-1a over UTF-16 code units, modulo `shards` (at least 1). Protects nothing. */
export function shardOf(key: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash ^= key.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % shards;
}
