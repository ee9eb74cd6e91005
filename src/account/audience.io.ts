// Everyone who watches an account, behind one face: sockets with the relay's own frames, sockets that speak the Centrifugo protocol, fans, pollers.

import { earliest } from "../durable/alarm.ts";
import type { Millis } from "../kernel/time.ts";
import { CENTRIFUGO_TAG, Centrifugo, countsAsViewer } from "../stream/centrifugo/connections.io.ts";
import type { PublicationLog } from "../stream/centrifugo/history.ts";
import { CENTRIFUGO_HEADER, readCentrifugoOpen } from "../stream/centrifugo/open.ts";
import { defaultChannels } from "../stream/channels.ts";
import { closeBack } from "../stream/sockets/closed-socket.io.ts";
import type { FanList } from "./fanout/fan-list.store.ts";
import { Fans } from "./fanout/fans.io.ts";
import type { InitialFrames, LogRange } from "./fanout/fans.ts";
import type { Page } from "../stream/frames.ts";
import { HOME_SOCKETS, MAX_SOCKETS } from "../stream/limits.ts";
import type { LogEntry } from "../stream/log.ts";
import { allAfter, MAX_REPLAY } from "../stream/recovery.ts";
import { ConnectionLimit } from "../stream/sockets/connection-limit.io.ts";
import { Stream } from "../stream/stream.io.ts";
import {
  initialFrames,
  OPEN_HEADER,
  readStreamOpen,
  type StreamOpen,
  type PageQuery,
} from "../stream/stream.ts";

/** What an audience needs of its account. */
export interface AudienceOwner {
  readonly env: Env;
  readonly log: PublicationLog;
  readonly list: FanList;
  /** Arms the account's alarm, after `nextDeadline` has changed. */
  readonly arm: () => Promise<void>;
}

/** The audience of one account. Its methods are those of `Stream`, of `Centrifugo` and of `Fans`. */
export class Audience {
  readonly #ctx: DurableObjectState;
  readonly #stream: Stream;
  readonly #centrifugo: Centrifugo;
  readonly #seats: ConnectionLimit;
  readonly #fans: Fans;
  readonly #log: PublicationLog;

  constructor(ctx: DurableObjectState, { env, log, list, arm }: AudienceOwner) {
    this.#ctx = ctx;
    this.#log = log;
    this.#seats = new ConnectionLimit(ctx, MAX_SOCKETS, {
      isSeated: (socket) => countsAsViewer(ctx, socket),
    });
    this.#stream = new Stream(ctx, log, "now", this.#seats);
    this.#centrifugo = new Centrifugo(ctx, env, { log, seats: this.#seats });
    this.#fans = new Fans({ account: ctx.id.name ?? "", env, log, list, arm });
  }

  /**
   * Accepts an upgrade (101) that the Worker asks for in a header of its own; 404 for any other request. Beyond `HOME_SOCKETS` it is
   * sent on to a fan (421), and away where there are seats nowhere (429).
   */
  accept(headers: Headers): Response {
    const open = readStreamOpen(headers.get(OPEN_HEADER));
    if (open !== null)
      return this.#seats.free(HOME_SOCKETS) || !this.#fans.possible
        ? this.#stream.accept(open)
        : this.#fans.elsewhere();
    const centrifugo = readCentrifugoOpen(headers.get(CENTRIFUGO_HEADER));
    return centrifugo === null
      ? new Response(null, { status: 404 })
      : this.#centrifugo.accept(centrifugo);
  }

  /** A client's message. */
  async message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (this.#ctx.getTags(socket).includes(CENTRIFUGO_TAG))
      await this.#centrifugo.message(socket, data);
    else this.#stream.message(socket, data);
  }

  /** Answers a client's close frame, and forgets the socket. */
  left(socket: WebSocket, code: number): void {
    closeBack(socket, code);
    this.#stream.left(socket);
    this.#centrifugo.left(socket);
  }

  /** Shows committed entries to everyone. */
  broadcast(entries: readonly LogEntry[]): void {
    this.#stream.broadcast(entries);
    this.#centrifugo.broadcast(entries);
    this.#fans.broadcast(entries);
  }

  /** Greets a viewer on its way to a fan, which is shown every event from here on. */
  greet(fan: number, sockets: number, open: StreamOpen): InitialFrames {
    this.#fans.attend(fan, sockets);
    return {
      epoch: this.#log.epoch(),
      last: this.#log.bounds().last,
      frames: initialFrames(this.#log, open, "now"),
    };
  }

  /** Everything after an offset; `null` where some of it is gone, or too much. */
  stretch(epoch: string, after: number): LogRange | null {
    const { first, last } = this.#log.bounds();
    if (epoch !== this.#log.epoch() || after < first - 1 || after > last) return null;
    const entries = allAfter(
      this.#log,
      { after, channels: defaultChannels(this.#ctx.id.name ?? "") },
      MAX_REPLAY,
    );
    return entries === null ? null : { epoch, after, last, entries };
  }

  /** Answers a poll. */
  page(query: PageQuery): Page {
    return this.#stream.page(query);
  }

  /** When the next socket is at its end, or a fan to be tried again; `null` without one. */
  nextDeadline(): Millis | null {
    return earliest(
      this.#stream.nextDeadline(),
      this.#centrifugo.nextDeadline(),
      this.#fans.nextDeadline(),
    );
  }

  /** Closes the sockets that are at their end, and tries again what failed. */
  expire(now: Millis): void {
    this.#stream.expire(now);
    this.#centrifugo.expire(now);
    this.#fans.retry(now);
  }
}
