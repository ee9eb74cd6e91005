// Hands attempt events to their accounts: in batches, beside the deliveries, and as well as it can.

import type { AttemptEnvelope } from "../../model/event.ts";
import { accountObject } from "../../objects.ts";
import { byAccount } from "./attempt-event.ts";

/** As many are handed over at once: each costs the account a look at its newest entries and every viewer a wake-up. */
export const BATCH_EVENTS = 100;

/** Attempt events kept while an account does not answer: they are for people who are looking, so the oldest may go. */
export const MAX_WAITING_EVENTS = 1_000;

/** Collects attempt events and hands them over: a batch when it is full, and the rest when it is told to. */
export class Announcer {
  readonly #env: Env;
  readonly #background: (work: Promise<void>) => void;
  #waiting: AttemptEnvelope[] = [];
  #busy = false;
  /** What waits is to leave as soon as nothing is on its way. */
  #hurried = false;

  /** `background` keeps the object alive until its work has ended. */
  constructor(env: Env, background: (work: Promise<void>) => void) {
    this.#env = env;
    this.#background = background;
  }

  /** Adds one. Never throws. */
  add(envelope: AttemptEnvelope): void {
    this.#waiting.push(envelope);
    if (this.#waiting.length > MAX_WAITING_EVENTS) this.#waiting.shift();
    if (this.#waiting.length >= BATCH_EVENTS) this.flush();
  }

  /** Hands over what waits now; while a hand-over is under way, right after it. Never throws. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    this.#hurried = true;
    if (!this.#busy) this.#background(this.#run());
  }

  /** Drops what waits about an erased job. */
  forget(source: string, guid: string): void {
    this.#waiting = this.#waiting.filter(
      (envelope) => envelope.source !== source || envelope.details.guid !== guid,
    );
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#hurried) {
      this.#hurried = false;
      const batches = byAccount(this.#waiting);
      this.#waiting = [];
      await Promise.allSettled(
        [...batches].map(([account, batch]) => this.#handOver(account, batch)),
      );
    }
    this.#busy = false;
  }

  /** An address that cannot be made fails like a call: nobody waits for the answer. */
  async #handOver(account: string, batch: readonly AttemptEnvelope[]): Promise<void> {
    await accountObject(this.#env, account).announce(batch);
  }
}
