// A bounded map: the oldest entry leaves first.

/** Values by name. */
export interface BoundedCache<V> {
  get(name: string): V | undefined;
  set(name: string, value: V): void;
  readonly size: number;
}

/**
 * Makes a cache of at most `most` entries. It holds resolved values, never promises: one request
 * must not await another's.
 */
export function boundedCache<V>(most: number): BoundedCache<V> {
  const entries = new Map<string, V>();
  return {
    get: (name) => entries.get(name),
    set: (name, value) => {
      // A Map keeps the order of insertion, so a value that is set anew becomes the youngest.
      entries.delete(name);
      for (const oldest of entries.keys()) {
        if (entries.size < most) break;
        entries.delete(oldest);
      }
      entries.set(name, value);
    },
    get size() {
      return entries.size;
    },
  };
}
