// Sends the notices of one object until they have arrived.

import { now } from "../kernel/clock.io.ts";
import { logError } from "../kernel/log.io.ts";
import { SECOND, type Millis } from "../kernel/time.ts";
import type { Notice } from "./notice.ts";
import { sendNotices } from "./send.io.ts";

/** How soon notices are sent again that a subscriber did not take. */
const NOTICE_RETRY_MS: Millis = 30 * SECOND;

/** What a notifier works with. */
interface NotifierDeps {
  readonly env: Env;
  /** The id of the subscriber or source that the notices are about. */
  readonly subject: string;
  /** The notices that are stored. */
  readonly waiting: () => readonly Notice[];
  /** Removes notices from storage: those that wait are the given ones. */
  readonly keepOnly: (left: readonly Notice[]) => void;
}

/** The owner stores the notices, and calls `send` from its alarm, which it sets by `due`. */
export class Notifier {
  readonly #deps: NotifierDeps;
  #notBefore: Millis = 0;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
  }

  /** When the alarm is needed; `null` when nothing waits. */
  due(): Millis | null {
    return this.#deps.waiting().length === 0 ? null : this.#notBefore;
  }

  /** Sends what waits. A crash before the answer sends it again. Never throws. */
  async send(): Promise<void> {
    const { env, subject, waiting, keepOnly } = this.#deps;
    const notices = waiting();
    if (notices.length === 0 || this.#notBefore > now()) return;
    this.#notBefore = now() + NOTICE_RETRY_MS;
    if (!(await sendNotices(env, subject, notices))) return;
    try {
      keepOnly(waiting().filter(({ id }) => !notices.some((one) => one.id === id)));
      this.#notBefore = 0;
    } catch (thrown) {
      // On a full disk they stay, and are sent again: their ids are the same then.
      logError("notice.not_removed", thrown, { subject });
    }
  }
}
