// The seats of an object: how many more sockets it lets in.

import { now as clock } from "../kernel/clock.io.ts";
import { SECOND, type Millis } from "../kernel/time.ts";

/** Counting thousands of sockets takes milliseconds: at a limit, those that left are looked for this often at most. */
export const RECOUNT: Millis = 1 * SECOND;

/** Counts the sockets of one object, of whichever protocol. */
export class Seats {
  readonly #ctx: DurableObjectState;
  readonly #limit: number;
  readonly #now: () => Millis;
  /** Never less than the sockets that are open: those that left are noticed at a limit. `null` until counted after a wake. */
  #counted: { readonly at: Millis; readonly open: number } | null = null;
  #takenSince = 0;

  constructor(ctx: DurableObjectState, limit: number, now: () => Millis = clock) {
    this.#ctx = ctx;
    this.#limit = limit;
    this.#now = now;
  }

  /** The sockets that are open, or a little more. */
  taken(): number {
    return (this.#counted ?? this.#count()).open + this.#takenSince;
  }

  /** True while fewer than `limit` seats are taken. */
  free(limit: number = this.#limit): boolean {
    if (this.taken() >= limit && this.#now() - (this.#counted?.at ?? 0) >= RECOUNT) this.#count();
    return this.taken() < limit;
  }

  /** Takes a seat for a socket that is about to be accepted; false when none is left. */
  take(): boolean {
    if (!this.free()) return false;
    this.#takenSince += 1;
    return true;
  }

  #count(): { readonly at: Millis; readonly open: number } {
    const open = this.#ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN).length;
    this.#counted = { at: this.#now(), open };
    this.#takenSince = 0;
    return this.#counted;
  }
}
