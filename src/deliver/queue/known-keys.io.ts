// Which events of a call are new to a subscriber.

import { PAGE_ROWS } from "../../durable/print-page.ts";
import { parseIso, type Millis } from "../../kernel/time.ts";
import type { Dispatch } from "../../model/messages.ts";
import type { SubscriberStore } from "../subscriber.store.ts";
import { keyOfDispatch, MAX_CLOCK_SKEW_MS, RecentKeys } from "./recent-keys.ts";

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
    return this.#unknownOf(dispatches, keyOfDispatch, ({ event }) => parseIso(event.time) ?? 0);
  }

  /** The same for anything with a key; `emittedAt` is 0 where it is not known. */
  #unknownOf<T>(
    all: readonly T[],
    keyOf: (one: T) => string,
    emittedAt: (one: T) => Millis,
  ): readonly T[] {
    const byKey = new Map(all.map((one) => [keyOf(one), one]));
    const asked = [...byKey].map(([key, one]) => ({
      key,
      one,
      answer: this.#recent.answer(key, emittedAt(one)),
      // What was emitted later cannot have been enqueued before.
      notBefore: emittedAt(one) - MAX_CLOCK_SKEW_MS,
    }));
    const unsure = asked.filter(({ answer }) => answer === "unsure");
    const known = unsure.length === 0 ? new Set<string>() : this.#store.pages.known(unsure);
    return asked
      .filter(({ key, answer }) => answer !== "known" && !known.has(key))
      .map(({ one }) => one);
  }

  /** Remembers the keys of what was stored. */
  add(keys: readonly string[], at: Millis): void {
    for (const key of keys) this.#recent.add(key, at);
  }

  /** Forgets the keys of what has gone to another shard. */
  forget(keys: readonly string[]): void {
    for (const key of keys) this.#recent.forget(key);
  }

  /** Those of what another shard hands over that are new. */
  unknownToShard<T extends { readonly key: string }>(adopted: readonly T[]): readonly T[] {
    return this.#unknownOf(
      adopted,
      ({ key }) => key,
      () => 0,
    );
  }
}
