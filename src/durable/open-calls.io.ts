// Bounds the calls whose answers wait for the disk of an object.

/**
 * Most of them. Where the disk is slow, each caller keeps what it sent in memory, and nothing else
 * ends their number: an object takes some thousand calls a second, and a disk answers within
 * milliseconds.
 */
const MAX_OPEN_CALLS = 1_000;

/** Part of an object that others call with events. */
export class OpenCalls {
  readonly #storage: Pick<DurableObjectStorage, "sync">;
  #count = 0;
  #isSyncing = false;

  constructor(storage: Pick<DurableObjectStorage, "sync">) {
    this.#storage = storage;
  }

  /** Counts a call until what it writes is on disk. Throws for one too many: it comes again. */
  open(): void {
    if (this.#count >= MAX_OPEN_CALLS) throw new Error("overloaded: too many calls wait");
    this.#count += 1;
    if (!this.#isSyncing) void this.#sync();
  }

  async #sync(): Promise<void> {
    this.#isSyncing = true;
    // The calls write first.
    await Promise.resolve();
    while (this.#count > 0) {
      const written = this.#count;
      await this.#storage.sync().catch(() => undefined);
      this.#count -= written;
    }
    this.#isSyncing = false;
  }
}
