// Which events of a call are new to a subscriber.

import { PAGE_ROWS } from "../../durable/print-page.ts";
import { parseIso, type Millis } from "../../kernel/time.ts";
import type { Dispatch } from "../../model/messages.ts";
import type { SubscriberStore } from "../subscriber.store.ts";
import { keyOfDispatch, RecentKeys } from "./recent-keys.ts";

/** Keys read when the object starts: those that are in no full page yet are among them. */
const KEYS_READ_AT_START = PAGE_ROWS;

/** The keys of a subscriber's deliveries: the newest in memory, all of them in the table. */
export class KnownKeys {
  readonly #store: SubscriberStore;
  readonly #recent: RecentKeys;

  constructor(store: SubscriberStore) {
    this.#store = store;
    const keys = store.newestKeys(KEYS_READ_AT_START);
    this.#recent = new RecentKeys(keys, keys.length < KEYS_READ_AT_START);
  }

  /** The dispatches whose keys are new, each once. */
  unknown(dispatches: readonly Dispatch[]): readonly Dispatch[] {
    const byKey = new Map(dispatches.map((dispatch) => [keyOfDispatch(dispatch), dispatch]));
    const asked = [...byKey].map(([key, dispatch]) => ({
      key,
      dispatch,
      answer: this.#recent.answer(key, parseIso(dispatch.event.time) ?? 0),
    }));
    const unsure = asked.filter(({ answer }) => answer === "unsure").map(({ key }) => key);
    const known = unsure.length === 0 ? new Set<string>() : this.#store.known(unsure);
    return asked
      .filter(({ key, answer }) => answer !== "known" && !known.has(key))
      .map(({ dispatch }) => dispatch);
  }

  /** Remembers what was stored. */
  add(dispatches: readonly Dispatch[], at: Millis): void {
    for (const dispatch of dispatches) this.#recent.add(keyOfDispatch(dispatch), at);
  }
}
