// The seats of an object: how many more sockets it lets in.

import { now as clock } from "../../kernel/clock.io.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";

/** Counting thousands of sockets takes milliseconds: at a limit, those that left are looked for this often at most. */
export const RECOUNT_INTERVAL: Millis = 1 * SECOND;

/** What seats may do otherwise: another clock, and sockets that do not sit. */
export interface ConnectionLimitOptions {
  readonly now?: () => Millis;
  readonly isSeated?: (socket: WebSocket) => boolean;
}

/** Counts the sockets of one object, of whichever protocol. */
export class ConnectionLimit {
  readonly #ctx: DurableObjectState;
  readonly #limit: number;
  readonly #now: () => Millis;
  readonly #isSeated: (socket: WebSocket) => boolean;
  /** Never less than the sockets that are open: those that left are noticed at a limit. `null` until counted after a wake. */
  #counted: { readonly at: Millis; readonly open: number } | null = null;
  #takenSince = 0;

  constructor(
    ctx: DurableObjectState,
    limit: number,
    { now = clock, isSeated = () => true }: ConnectionLimitOptions = {},
  ) {
    this.#ctx = ctx;
    this.#limit = limit;
    this.#now = now;
    this.#isSeated = isSeated;
  }

  /** The sockets that are open, or a little more. */
  taken(): number {
    return (this.#counted ?? this.#count()).open + this.#takenSince;
  }

  /** True while fewer than `limit` seats are taken. */
  free(limit: number = this.#limit): boolean {
    if (this.taken() >= limit && this.#now() - (this.#counted?.at ?? 0) >= RECOUNT_INTERVAL)
      this.#count();
    return this.taken() < limit;
  }

  /** Takes a seat for a socket that is about to be accepted; false when none is left. */
  take(): boolean {
    if (!this.free()) return false;
    this.#takenSince += 1;
    return true;
  }

  #count(): { readonly at: Millis; readonly open: number } {
    const open = this.#ctx
      .getWebSockets()
      .filter((socket) => socket.readyState === WebSocket.OPEN && this.#isSeated(socket)).length;
    this.#counted = { at: this.#now(), open };
    this.#takenSince = 0;
    return this.#counted;
  }
}
