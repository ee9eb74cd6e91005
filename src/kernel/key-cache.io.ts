// Imported keys, kept per isolate: importing a key costs as much as the digest of a small body.

/** Keys that one cache keeps: far above the secrets of one configuration, and bounded. */
export const MAX_CACHED_KEYS = 256;

/**
 * Keys by name. Only imported keys are kept: on Workers a request must not await a promise that
 * another one made, so two requests may import the same key once each.
 */
export class KeyCache<Key> {
  readonly #keys = new Map<string, Key>();

  /** The key called `name`, made by `load` when it is not kept; `null` when `load` gives none. */
  get<Loaded extends Key | null>(name: string, load: () => Promise<Loaded>): Key | Promise<Loaded> {
    return this.#keys.get(name) ?? this.#load(name, load);
  }

  async #load<Loaded extends Key | null>(
    name: string,
    load: () => Promise<Loaded>,
  ): Promise<Loaded> {
    const key = await load();
    if (key === null) return key;
    // A Map keeps the order of insertion: the oldest leaves first.
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size < MAX_CACHED_KEYS) break;
      this.#keys.delete(oldest);
    }
    this.#keys.set(name, key);
    return key;
  }
}
