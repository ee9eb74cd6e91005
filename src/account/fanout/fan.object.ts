// A fan: some of the viewers of an account that has many. It shows them the account's log, and knows for each how far.

import { DurableObject } from "cloudflare:workers";
import { now as clock } from "../../kernel/clock.io.ts";
import { log } from "../../kernel/log.io.ts";
import { accountObject, fanOf } from "../../objects.ts";
import type { FanRpc } from "../../rpc.ts";
import { ObjectAlarm } from "../../durable/alarm.io.ts";
import { closeBack } from "../../stream/sockets/closed-socket.io.ts";
import { readCursor } from "../../stream/cursor.ts";
import {
  covers,
  joinRanges,
  emptyRange,
  newestOf,
  type InitialFrames,
  type LogRange,
} from "./fans.ts";
import { CLOSE } from "../../stream/frames.ts";
import { FAN_SOCKETS, FAN_TAIL } from "../../stream/limits.ts";
import { ConnectionLimit } from "../../stream/sockets/connection-limit.io.ts";
import { Sockets } from "../../stream/sockets/sockets.io.ts";
import {
  OPEN_HEADER,
  readStreamOpen,
  resumedFrames,
  type StreamOpen,
} from "../../stream/stream.ts";

/** What a fan asks of its account. */
interface Origin {
  greet(fan: number, sockets: number, open: StreamOpen): Promise<InitialFrames>;
  stretch(epoch: string, after: number): Promise<LogRange | null>;
}

/** How often a greeting that is older than what the fan still knows is asked for anew. */
const GREETINGS = 3;

export class Fan extends DurableObject<Env> implements FanRpc {
  readonly #seats = new ConnectionLimit(this.ctx, FAN_SOCKETS);
  readonly #sockets = new Sockets(this.ctx, this.#seats);
  readonly #name = fanOf(this.ctx.id.name ?? "");
  /** The end of the log, from the place of the viewer that was shown least. `null` after a wake, and when nobody is here: then the account calls no more. */
  #tail: LogRange | null = null;
  /** Viewers that wait for their greeting. */
  #arriving = 0;
  readonly #alarm = new ObjectAlarm(this.ctx.storage);

  /** An upgrade, sent on by the Worker. */
  override async fetch(request: Request): Promise<Response> {
    const open = readStreamOpen(request.headers.get(OPEN_HEADER));
    if (open === null) return new Response(null, { status: 404 });
    this.#arriving += 1;
    try {
      const response = this.#resume(open) ?? (await this.#greet(open));
      this.#alarm.arm(this.#sockets.nextDeadline());
      return response;
    } catch (error) {
      log("error", "error", "fan.greeting-failed", { error: String(error) });
      return new Response(null, { status: 503 });
    } finally {
      this.#arriving -= 1;
    }
  }

  /** Takes the next stretch of the log and shows it; answers how many sockets there are. What lies between is asked for. */
  async show(news: LogRange): Promise<number> {
    this.#tail ??= emptyRange(
      this.#sockets.furthestBehind() ?? { epoch: news.epoch, offset: news.after },
    );
    if (!this.#join(news)) await this.#catchUp();
    this.#serve();
    const sockets = this.#sockets.count() + this.#arriving;
    if (sockets === 0) this.#tail = null;
    return sockets;
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#sockets.message(socket, data);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    closeBack(socket, code);
    this.#sockets.left(socket);
  }

  /** Closes sockets whose token has ended. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    this.#sockets.expire(clock());
    this.#alarm.arm(this.#sockets.nextDeadline());
  }

  /** Continues a viewer out of memory; `null` when that does not reach back to its cursor. */
  #resume(open: StreamOpen): Response | null {
    const place = open.since === null ? null : readCursor(open.since);
    if (this.#tail === null || place === null || !covers(this.#tail, place)) return null;
    const { epoch, last, entries } = this.#tail;
    const missed = entries.filter(({ offset }) => offset > place.offset);
    return this.#sockets.accept(open, () => resumedFrames(place, missed, open.channels), {
      epoch,
      offset: last,
    });
  }

  /** Lets the account greet a viewer, and accepts it at the place of the greeting, after which every event comes here. */
  async #greet(open: StreamOpen): Promise<Response> {
    for (let asked = 0; asked < GREETINGS; asked += 1) {
      const { epoch, last, frames } = await this.#account().greet(
        this.#name.fan,
        this.#seats.taken(),
        open,
      );
      const place = { epoch, offset: last };
      this.#tail ??= emptyRange(this.#sockets.furthestBehind() ?? place);
      if (this.#tail.epoch !== epoch) this.#startOver(emptyRange(place));
      // What was shown here while the greeting was under way must still be in memory.
      if (last < this.#tail.after) continue;
      const response = this.#sockets.accept(open, () => frames, place);
      // Looking at every socket takes time, and nobody lacks anything as long as all are at one place.
      const level = this.#tail.last === last;
      if (this.#tail.last < last) await this.#catchUp();
      if (!level) this.#serve();
      return response;
    }
    return new Response(null, { status: 503 });
  }

  #account(): Origin {
    return accountObject(this.env, this.#name.account);
  }

  #join(news: LogRange): boolean {
    const longer = this.#tail === null ? null : joinRanges(this.#tail, news);
    if (longer !== null) this.#tail = longer;
    return longer !== null;
  }

  /** Asks the account for what is missing. Where that is not known any more, everybody resumes by cursor. Never throws. */
  async #catchUp(): Promise<void> {
    const tail = this.#tail;
    if (tail === null) return;
    try {
      const missed = await this.#account().stretch(tail.epoch, tail.last);
      if (missed !== null && this.#join(missed)) return;
    } catch (error) {
      log("error", "error", "fan.behind", { error: String(error) });
    }
    this.#startOver(null);
  }

  #startOver(tail: LogRange | null): void {
    this.#sockets.end(CLOSE.behind);
    this.#tail = tail;
  }

  #serve(): void {
    if (this.#tail === null) return;
    const { epoch, last, entries } = this.#tail;
    this.#sockets.broadcast(entries, { epoch, offset: last });
    this.#tail = newestOf(this.#tail, FAN_TAIL);
  }
}
