// The clients of one isolate that have shown no valid token yet: bounded together, so that a flood
// of them takes no memory from others.

/**
 * Most clients of an isolate without a valid token: about 65 MB of the process (workerd
 * 2026-10-23). A client with a token shows it with its first frame, in one round trip.
 */
const MAX_WAITING_CLIENTS = 1_000;

/** The place of one client. */
export interface WaitingPlace {
  /**
   * Resolves when the place goes to another client. A promise, because a request may not close the
   * socket of another one, but may resolve its promise.
   */
  readonly lost: Promise<void>;
  /** Gives the place back: the client has shown its token, or has left. */
  leave(): void;
}

/** In the order in which they came. */
const waiting = new Set<() => void>();

/** Takes a place; where all are taken, from the client that waits longest. */
export function takePlace(): WaitingPlace {
  const { promise: lost, resolve } = Promise.withResolvers<void>();
  waiting.add(resolve);
  if (waiting.size > MAX_WAITING_CLIENTS) {
    const [longest] = waiting;
    if (longest !== undefined) {
      waiting.delete(longest);
      longest();
    }
  }
  return { lost, leave: () => waiting.delete(resolve) };
}
