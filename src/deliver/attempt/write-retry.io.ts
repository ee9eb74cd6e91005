// Writes what attempts leave behind; what cannot be written now is tried again by the alarm.

import type { ObjectAlarm } from "../../durable/alarm.io.ts";
import { now } from "../../kernel/clock.io.ts";
import { logError } from "../../kernel/log.io.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";

/** How soon a write that failed, or a plan, is tried again: a full disk may have room by then. */
const FAULT_RETRY_MS: Millis = 10 * SECOND;

/** Of one subscriber's object. */
export class WriteRetry {
  readonly #alarm: ObjectAlarm;
  readonly #subscriber: string;

  constructor({ alarm, id }: { readonly alarm: ObjectAlarm; readonly id: string }) {
    this.#alarm = alarm;
    this.#subscriber = id;
  }

  /** Runs a write that keeps in memory what it cannot write. Never throws. */
  run(write: () => void): void {
    try {
      write();
    } catch (thrown) {
      logError("delivery.not_stored", thrown, { subscriber: this.#subscriber });
      this.lookAgain();
    }
  }

  /** Sees to it that the alarm looks at what is left. */
  lookAgain(): void {
    this.#alarm.arm(now() + FAULT_RETRY_MS);
  }
}
