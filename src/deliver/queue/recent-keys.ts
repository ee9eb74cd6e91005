// Which events a subscriber has already taken: exact, without an index that would double the rows written.

import { MINUTE, type Millis } from "../../kernel/time.ts";
import type { Dispatch } from "../../model/messages.ts";

/** Identifies one delivery of one event: a replay is a delivery of its own, sent again it is the same one. */
export const keyOfDispatch = (dispatch: Dispatch): string =>
  dispatch.replay === undefined ? dispatch.event.id : `${dispatch.event.id} ${dispatch.replay}`;

/** Keys kept in memory: about 10 MB of strings at most, and more than any sender repeats by accident. */
export const REMEMBERED = 20_000;

/** Clocks of two objects differ by less than this. */
const CLOCK_SKEW: Millis = MINUTE;

/** A key and when it was enqueued. */
export interface Enqueued {
  readonly key: string;
  readonly at: Millis;
}

/**
 * The newest keys, and the instant since which they are complete. An event is emitted before it is enqueued, so
 * one that was emitted after that instant is known here or new; for an older one the table has to be asked.
 */
export class RecentKeys {
  readonly #keys = new Map<string, Millis>();
  #completeSince: Millis = 0;

  /** `newest` comes oldest first; `all` tells that the table holds nothing else. */
  constructor(newest: readonly Enqueued[], all: boolean) {
    if (!all) this.#completeSince = newest[0]?.at ?? 0;
    for (const { key, at } of newest) this.#keys.set(key, at);
  }

  /** `unsure`: the event is older than what is remembered, and no replay of an older one was either. */
  answer(key: string, emittedAt: Millis): "known" | "new" | "unsure" {
    if (this.#keys.has(key)) return "known";
    return this.#completeSince === 0 || emittedAt - CLOCK_SKEW > this.#completeSince
      ? "new"
      : "unsure";
  }

  add(key: string, at: Millis): void {
    this.#keys.set(key, at);
    if (this.#keys.size <= REMEMBERED) return;
    for (const [oldest, since] of this.#keys) {
      this.#keys.delete(oldest);
      this.#completeSince = since;
      break;
    }
  }
}
