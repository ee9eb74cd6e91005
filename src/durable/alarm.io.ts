// The one alarm of an object, moved only when something is due earlier: each move costs a row.

import { alarmAt } from "./alarm.ts";
import { now as clock } from "../kernel/clock.io.ts";
import type { Millis } from "../kernel/time.ts";

/** An object's alarm and when it rings, as far as this instance knows. */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  /** `undefined` until asked after a wake. */
  #at: Millis | null | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** To be called first when it rings: it is not set any more. */
  fired(): void {
    this.#at = null;
  }

  /** Sees to it that the alarm rings at `due` at the latest; `null` leaves it as it is. */
  async arm(due: Millis | null): Promise<void> {
    if (this.#at === undefined) this.#at = await this.#storage.getAlarm();
    const at = alarmAt(clock(), due, this.#at);
    if (at === null) return;
    this.#at = at;
    await this.#storage.setAlarm(at);
  }
}
