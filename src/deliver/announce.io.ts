// Hands attempt events to their accounts: in batches, beside the deliveries, and as well as it can.

import type { AttemptEnvelope } from "../kernel/event.ts";
import { accountObject } from "../objects.ts";
import { byAccount } from "./announce.ts";

/** Attempt events kept while an account does not answer: they are for people who are looking, so the oldest may go. */
const KEPT = 1_000;

/** Collects attempt events while a batch is under way and sends what came meanwhile as the next one. */
export class Announcer {
  readonly #env: Env;
  #waiting: AttemptEnvelope[] = [];
  #busy = false;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Adds one and answers when everything collected has been tried once. Never throws. */
  async tell(envelope: AttemptEnvelope): Promise<void> {
    this.#waiting.push(envelope);
    if (this.#waiting.length > KEPT) this.#waiting.shift();
    if (this.#busy) return;
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batches = byAccount(this.#waiting);
      this.#waiting = [];
      await Promise.allSettled([...batches].map(([account, batch]) => accountObject(this.#env, account).announce(batch)));
    }
    this.#busy = false;
  }
}
