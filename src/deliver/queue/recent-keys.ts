// Which events a subscriber has taken already: exact, without an index that would double the rows.

import { MINUTE, type Millis } from "../../kernel/time.ts";
import type { Dispatch } from "../../model/messages.ts";

/** Identifies one delivery of one event: each replay is another delivery of the same event. */
export const keyOfDispatch = (dispatch: Dispatch): string =>
  dispatch.replay === undefined ? dispatch.event.id : `${dispatch.event.id} ${dispatch.replay}`;

/** Keys in memory: at most about 10 MB, and more events than any sender repeats by accident. */
export const MAX_RECENT_KEYS = 20_000;

/** Clocks of two objects differ by less than this. */
export const MAX_CLOCK_SKEW_MS: Millis = MINUTE;

/** A key and when it was enqueued. */
export interface RecentKey {
  readonly key: string;
  readonly at: Millis;
}

/**
 * The newest keys, and the instant since which they are complete. An event is emitted before it is
 * enqueued. So an event emitted after that instant is either among the keys or new; for an older
 * event the table has to be asked.
 */
export class RecentKeys {
  readonly #keys = new Map<string, Millis>();
  #completeSince: Millis = 0;

  /** `newest` comes oldest first; `all` says that the table holds no other key. */
  constructor(newest: readonly RecentKey[], all: boolean) {
    if (!all) this.#completeSince = newest[0]?.at ?? 0;
    for (const { key, at } of newest) this.#keys.set(key, at);
  }

  /** Whether a key is known; `unsure` when its event is older than what is remembered. */
  answer(key: string, emittedAt: Millis): "known" | "new" | "unsure" {
    if (this.#keys.has(key)) return "known";
    return this.#completeSince === 0 || emittedAt - MAX_CLOCK_SKEW_MS > this.#completeSince
      ? "new"
      : "unsure";
  }

  /** Forgets what has gone to another shard: it may come back from there. */
  forget(key: string): void {
    this.#keys.delete(key);
  }

  /** Remembers a key, and forgets the oldest one when there are too many. */
  add(key: string, at: Millis): void {
    this.#keys.set(key, at);
    if (this.#keys.size <= MAX_RECENT_KEYS) return;
    for (const [oldest, since] of this.#keys) {
      this.#keys.delete(oldest);
      this.#completeSince = since;
      break;
    }
  }
}
