// Works on several things at once, and on no more than that.

/** Outgoing connections that an invocation may hold (Workers, limits, 2026-10). */
const MAX_CONNECTIONS = 6;

/** Runs `work` for each item, at most `most` at once; `goesOn` is asked before each. */
export async function sideBySide<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
  goesOn: () => boolean = () => true,
): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined && goesOn(); item = left.shift())
      await work(item);
  };
  await Promise.all(Array.from({ length: most }, worker));
}

/** Places for works that may outlast the call that began them. */
export class Places {
  readonly #most: number;
  readonly #freed: () => void;
  #taken = 0;

  /** `freed` is called whenever a work has ended. */
  constructor(freed: () => void, most: number = MAX_CONNECTIONS) {
    this.#freed = freed;
    this.#most = most;
  }

  get areTaken(): boolean {
    return this.#taken >= this.#most;
  }

  /** Runs `work` for each item, in the places that are free when it is called. */
  each<T>(
    items: readonly T[],
    work: (item: T) => Promise<void>,
    goesOn: () => boolean,
  ): Promise<void> {
    const inPlace = async (item: T): Promise<void> => {
      this.#taken += 1;
      try {
        await work(item);
      } finally {
        this.#taken -= 1;
        this.#freed();
      }
    };
    return sideBySide(items, this.#most - this.#taken, inPlace, goesOn);
  }
}
