// The one alarm of an object, moved only when something is due earlier: each move is a row on the
// bill.

import { now as clock } from "../kernel/clock.io.ts";
import { logError } from "../kernel/log.io.ts";
import { SECOND, type Millis } from "../kernel/time.ts";
import { alarmAt, LOST_AFTER } from "./alarm.ts";

/**
 * How soon an alarm that could not be set is tried again. Nothing else may ever wake the object, so
 * a timer keeps it awake while its disk is full.
 */
const SET_AGAIN_MS: Millis = SECOND;

/**
 * An object's alarm, and the instant it is set to as far as this instance knows. What is set is
 * written together with the rows of the same turn: the platform holds every answer back until both
 * are on disk.
 */
export class ObjectAlarm {
  readonly #storage: DurableObjectStorage;
  /** `undefined` until it is known after a wake. */
  #at: Millis | null | undefined;
  #setting: Promise<void> = Promise.resolve();
  /** Looks whether an overdue alarm has fired. */
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /**
   * Reads which alarm is set. An object that has rows awaits this in `blockConcurrencyWhile` and
   * then arms: so an alarm that was lost (workerd#3566, 2026-11; a full disk) is set again by
   * whatever wakes the object.
   */
  async load(): Promise<void> {
    this.#at = await this.#storage.getAlarm();
  }

  /** False when no alarm is set, as far as is known. */
  get isSet(): boolean {
    return this.#at !== null && this.#at !== undefined;
  }

  /** To be called first in `alarm()`, and after `deleteAll()`: no alarm is set any more. */
  fired(): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
    this.#at = null;
  }

  /**
   * Sees to it that the alarm fires at `due` at the latest; `null` leaves it as it is. Before
   * `load` the alarm is set anew. True when it was set, which costs a row.
   */
  arm(due: Millis | null): boolean {
    const at = alarmAt(clock(), due, this.#at ?? null);
    if (at === null) {
      if (due !== null) this.#watchOverdue(due);
      return false;
    }
    this.#at = at;
    this.#setting = this.#set(at);
    return true;
  }

  /**
   * Moves an alarm that is set for `before` at the latest to a later instant, before which nothing
   * is due any more: the same row as when it fires in vain and is set anew, and one run less.
   */
  postpone(due: Millis | null, before = Infinity): void {
    const at = this.#at ?? null;
    if (due === null || at === null || due <= at || at > before) return;
    clearTimeout(this.#watch);
    this.#watch = undefined;
    this.#at = due;
    this.#setting = this.#set(due);
  }

  /**
   * To be awaited last in `alarm()`. Throws when the next alarm could not be set: the platform then
   * runs this one again, also after a crash.
   */
  async settled(): Promise<void> {
    await this.#setting;
    if (this.#at === undefined) throw new Error("the next alarm could not be set");
  }

  /**
   * An alarm that should have fired by now is about to fire, or it was lost: the platform gives one
   * up that failed too often, and a full disk one that it could not write. Nothing else may wake
   * the object after this turn, so it stays awake until it knows.
   */
  #watchOverdue(due: Millis): void {
    const at = this.#at;
    const late = clock() - (at ?? Infinity);
    if (late < 0 || this.#watch !== undefined) return;
    this.#watch = setTimeout(() => {
      this.#watch = undefined;
      if (this.#at === at) this.arm(due);
    }, LOST_AFTER - late);
  }

  async #set(at: Millis): Promise<void> {
    try {
      await this.#storage.setAlarm(at);
    } catch (thrown) {
      // A full disk, for one: the timer sets the alarm anew, or whatever comes before.
      logError("alarm.not_set", thrown, { at });
      if (this.#at !== at) return;
      this.#at = undefined;
      setTimeout(() => {
        if (this.#at === undefined) this.arm(at);
      }, SET_AGAIN_MS);
    }
  }
}
