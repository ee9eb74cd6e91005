// The newest event ids of a log, bounded, in memory.

/** The newest `limit` ids that were added; an id that is added again counts as new. */
export class RecentIds {
  readonly #limit: number;
  readonly #ids: Set<string>;

  /** `ids`: the newest ids of the log, oldest first. */
  constructor(ids: readonly string[], limit: number) {
    this.#ids = new Set(ids);
    this.#limit = limit;
  }

  /** Those of `ids` that are among the newest. */
  knownOf(ids: readonly string[]): ReadonlySet<string> {
    return new Set(ids.filter((id) => this.#ids.has(id)));
  }

  /** Adds an id, and drops the oldest one beyond the limit. */
  add(id: string): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > this.#limit && oldest !== undefined) this.#ids.delete(oldest);
  }
}
