// The seats of an object: how many more sockets it lets in.

/** Counts the sockets of one object, of whichever protocol. Counting all of them takes a walk, so it is done only at a limit. */
export class Seats {
  readonly #ctx: DurableObjectState;
  readonly #limit: number;
  /** Never less than the sockets that are open: those that left are noticed at a limit. `undefined` until counted after a wake. */
  #taken: number | undefined;

  constructor(ctx: DurableObjectState, limit: number) {
    this.#ctx = ctx;
    this.#limit = limit;
  }

  /** True while fewer than `limit` seats are taken. */
  free(limit: number = this.#limit): boolean {
    if (this.#taken === undefined || this.#taken >= limit) this.#taken = this.#open();
    return this.#taken < limit;
  }

  /** Takes a seat for a socket that is about to be accepted; false when none is left. */
  take(): boolean {
    if (!this.free()) return false;
    this.#taken = (this.#taken ?? 0) + 1;
    return true;
  }

  #open(): number {
    return this.#ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN).length;
  }
}
