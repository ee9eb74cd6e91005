// Sends attempt events to their accounts: in batches, beside the deliveries, without a guarantee.

import type { AttemptEnvelope } from "../../model/event.ts";
import { accountObject } from "../../objects.ts";
import { byAccount } from "./attempt-event.ts";

/** Events sent at once: each call costs the account a read and wakes every viewer. */
export const MAX_BATCH_EVENTS = 100;

/** Events kept while an account does not answer. Only people who watch need them. */
export const MAX_WAITING_EVENTS = 1_000;

/** Collects attempt events. Sends a batch when it is full, and the rest when it is flushed. */
export class Announcer {
  readonly #env: Env;
  readonly #waitUntil: (work: Promise<void>) => void;
  #waiting: AttemptEnvelope[] = [];
  #isSending = false;
  /** What waits is to be sent as soon as the calls under way have ended. */
  #flushRequested = false;

  /** `waitUntil` keeps the object alive until the work has ended. */
  constructor(env: Env, waitUntil: (work: Promise<void>) => void) {
    this.#env = env;
    this.#waitUntil = waitUntil;
  }

  /** Adds one event; drops the oldest when too many wait. Never throws. */
  add(envelope: AttemptEnvelope): void {
    this.#waiting.push(envelope);
    if (this.#waiting.length > MAX_WAITING_EVENTS) this.#waiting.shift();
    if (this.#waiting.length >= MAX_BATCH_EVENTS) this.flush();
  }

  /** Sends what waits, now or right after the calls under way. Never throws. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    this.#flushRequested = true;
    if (!this.#isSending) this.#waitUntil(this.#send());
  }

  /** Drops the events that wait about an erased job. */
  forget(source: string, guid: string): void {
    this.#waiting = this.#waiting.filter(
      (envelope) => envelope.source !== source || envelope.details.guid !== guid,
    );
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    while (this.#flushRequested) {
      this.#flushRequested = false;
      const batches = byAccount(this.#waiting);
      this.#waiting = [];
      // A failed call is not repeated: these events have no guarantee.
      await Promise.allSettled(
        [...batches].map(([account, batch]) => this.#announce(account, batch)),
      );
    }
    this.#isSending = false;
  }

  /** Async, so that an address that cannot be made fails like a call. */
  async #announce(account: string, batch: readonly AttemptEnvelope[]): Promise<void> {
    await accountObject(this.#env, account).announce(batch);
  }
}
