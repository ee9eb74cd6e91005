// Everyone who watches an account, behind one face: sockets with the relay's own frames, sockets that speak the Centrifugo protocol, pollers.

import { earliest } from "../kernel/agenda.ts";
import type { Millis } from "../kernel/time.ts";
import { CENTRIFUGO_TAG, Centrifugo } from "./centrifugo.io.ts";
import type { PublicationLog } from "./centrifugo-history.ts";
import { CENTRIFUGO_HEADER, readCentrifugoOpen } from "./centrifugo-open.ts";
import type { Page } from "./frames.ts";
import { MAX_SOCKETS } from "./limits.ts";
import type { LogEntry } from "./log.ts";
import { Seats } from "./seats.io.ts";
import { Stream } from "./stream.io.ts";
import { OPEN_HEADER, readOpen, type PageQuery } from "./stream.ts";

/** The audience of one account. Its methods are those of `Stream` and of `Centrifugo`. */
export class Audience {
  readonly #ctx: DurableObjectState;
  readonly #stream: Stream;
  readonly #centrifugo: Centrifugo;

  constructor(ctx: DurableObjectState, env: Env, log: PublicationLog) {
    this.#ctx = ctx;
    const seats = new Seats(ctx, MAX_SOCKETS);
    this.#stream = new Stream(ctx, log, "now", seats);
    this.#centrifugo = new Centrifugo(ctx, env, { log, seats });
  }

  /** Accepts an upgrade (101) that the Worker asks for in a header of its own, while there are seats (429); 404 for any other request. */
  accept(headers: Headers): Response {
    const open = readOpen(headers.get(OPEN_HEADER));
    if (open !== null) return this.#stream.accept(open);
    const centrifugo = readCentrifugoOpen(headers.get(CENTRIFUGO_HEADER));
    return centrifugo === null ? new Response(null, { status: 404 }) : this.#centrifugo.accept(centrifugo);
  }

  /** A client's message. */
  async message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (this.#ctx.getTags(socket).includes(CENTRIFUGO_TAG)) await this.#centrifugo.message(socket, data);
    else this.#stream.message(socket, data);
  }

  /** Shows committed entries to everyone. */
  broadcast(entries: readonly LogEntry[]): void {
    this.#stream.broadcast(entries);
    this.#centrifugo.broadcast(entries);
  }

  /** Answers a poll. */
  page(query: PageQuery): Page {
    return this.#stream.page(query);
  }

  /** When the next socket is at its end; `null` without one. */
  nextDeadline(): Millis | null {
    return earliest(this.#stream.nextDeadline(), this.#centrifugo.nextDeadline());
  }

  /** Closes the sockets that are at their end. */
  expire(now: Millis): void {
    this.#stream.expire(now);
    this.#centrifugo.expire(now);
  }
}
