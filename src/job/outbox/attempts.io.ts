// Events about delivery attempts that a job's account gets with the next event. Nobody is promised
// them, so a crash may lose them.

import type { AttemptEnvelope } from "../../model/event.ts";
import { accountObject } from "../../objects.ts";

/** Those that wait. */
export class WaitingAttempts {
  #attempts: readonly AttemptEnvelope[] = [];

  add(attempts: readonly AttemptEnvelope[]): void {
    this.#attempts = [...this.#attempts, ...attempts];
  }

  /** Takes all of them. */
  take(): readonly AttemptEnvelope[] {
    const attempts = this.#attempts;
    this.#attempts = [];
    return attempts;
  }

  /** Sends them alone, because no event takes them along soon. Never throws. */
  async announce(env: Env, account: string): Promise<void> {
    const attempts = this.take();
    if (attempts.length > 0)
      await Promise.allSettled([accountObject(env, account).announce(attempts)]);
  }
}
