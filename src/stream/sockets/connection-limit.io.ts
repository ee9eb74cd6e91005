// The connection limit of an object: how many more sockets it accepts.

import { now as clock } from "../../kernel/clock.io.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { isOpen } from "./socket.io.ts";

/**
 * At its limit an object counts its sockets at most this often: counting thousands takes
 * milliseconds.
 */
export const RECOUNT_INTERVAL: Millis = 1 * SECOND;

/** Counts the sockets of one object, whatever protocol they speak. */
export class ConnectionLimit {
  readonly #ctx: DurableObjectState;
  readonly #limit: number;
  readonly #now: () => Millis;
  /** The sockets at the last count, which may have closed since; `null` before the first count. */
  #counted: { readonly at: Millis; readonly open: number } | null = null;
  #reservedSince = 0;

  /** `now` replaces the clock in tests. */
  constructor(ctx: DurableObjectState, limit: number, now: () => Millis = clock) {
    this.#ctx = ctx;
    this.#limit = limit;
    this.#now = now;
  }

  /** How many sockets are open; those that closed since the last count are included. */
  open(): number {
    return (this.#counted ?? this.#count()).open + this.#reservedSince;
  }

  /** The same without those that have closed, up to a second ago. */
  recount(): number {
    if (this.#now() - (this.#counted?.at ?? 0) >= RECOUNT_INTERVAL) this.#count();
    return this.open();
  }

  /** True while fewer than `limit` sockets are open. */
  hasRoom(limit: number = this.#limit): boolean {
    return this.open() < limit || this.recount() < limit;
  }

  /** Counts a socket that is about to be accepted; false at the limit. */
  reserve(): boolean {
    if (!this.hasRoom()) return false;
    this.#reservedSince += 1;
    return true;
  }

  #count(): { readonly at: Millis; readonly open: number } {
    const open = this.#ctx.getWebSockets().filter(isOpen).length;
    this.#counted = { at: this.#now(), open };
    this.#reservedSince = 0;
    return this.#counted;
  }
}
