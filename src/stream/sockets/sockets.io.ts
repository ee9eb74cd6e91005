// The sockets of one object that speak the relay's own frames: accepted for hibernation, sent
// events, closed when their token ends.

import { writeJson } from "../../kernel/json.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import type { Millis } from "../../kernel/time.ts";
import type { Position } from "../cursor.ts";
import { CLOSE, type Closing, type Frame } from "../frames.ts";
import type { LogEntry } from "../log.ts";
import { frameOf, type StreamOpen } from "../stream.ts";
import { upgraded } from "./closed-socket.io.ts";
import type { ConnectionLimit } from "./connection-limit.io.ts";
import { hasExpired, OpenSockets, type SocketState } from "./open-sockets.io.ts";
import { isPing, PONG } from "./ping.ts";
import { close, send } from "./socket.io.ts";

/** The tag under which an object finds these sockets among its others. */
const FRAMES_TAG = "frames";

/** A socket's attachment: a stored format, at most 16,384 bytes. */
interface Subscription extends SocketState {
  readonly kind: "frames";
  /** The position up to which the socket was sent the log; only where positions are tracked. */
  readonly seen?: Position;
}

/** What the sockets need of their object. */
interface SocketsOptions {
  readonly limit: ConnectionLimit;
  /** True where each socket's position has to outlive the object's memory. */
  readonly tracksPositions?: boolean;
}

/** The sockets of one object. Its owner counts `nextDeadline` among its deadlines. */
export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #limit: ConnectionLimit;
  readonly #tracksPositions: boolean;
  readonly #sockets: OpenSockets<Subscription>;

  constructor(ctx: DurableObjectState, { limit, tracksPositions = false }: SocketsOptions) {
    this.#ctx = ctx;
    this.#limit = limit;
    this.#tracksPositions = tracksPositions;
    this.#sockets = new OpenSockets(ctx, {
      tag: FRAMES_TAG,
      stateOf: (socket) => socket.deserializeAttachment() as Subscription,
    });
    // Answered by the runtime without waking the object (at most 2,048 bytes each).
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", PONG));
  }

  /**
   * Accepts an upgrade (101) and sends the first frames, or answers 429 at the connection limit.
   * `seen` is the position that the first frames end at, where positions are tracked.
   */
  accept(
    open: Pick<StreamOpen, "grant" | "channels" | "protocol">,
    frames: () => readonly Frame[],
    seen: Position | null = null,
  ): Response {
    if (!this.#limit.reserve()) return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    const { grant, channels, protocol } = open;
    this.#ctx.acceptWebSocket(server, [FRAMES_TAG]);
    this.#set(server, {
      kind: "frames",
      channels,
      expires: grant.kind === "admin" ? null : grant.expires,
      ...(seen === null ? {} : { seen }),
    });
    for (const frame of frames()) server.send(writeJson(frame));
    return upgraded(client, protocol);
  }

  /**
   * Sends entries, which end at `upTo`, to every open socket that subscribed to them; where
   * positions are tracked, only to those that have not seen them. A token that has ended is
   * noticed here at the latest.
   */
  broadcast(entries: readonly LogEntry[], upTo: Position): void {
    const now = clock();
    for (const entry of entries) {
      const done = new Set<WebSocket>();
      // An entry is sent once to each socket, on the broadest of its channels.
      for (const channel of entry.channels) {
        let text: string | null = null;
        for (const [socket, subscription] of this.#sockets.on(channel)) {
          if (done.has(socket)) continue;
          if (entry.channels.length > 1) done.add(socket);
          if (hasExpired(subscription, now)) {
            this.#close(socket, CLOSE.tokenExpired);
            continue;
          }
          if (subscription.seen !== undefined && entry.offset <= subscription.seen.offset) continue;
          text ??= writeJson(frameOf(entry, [channel], upTo.epoch));
          send(socket, text);
        }
      }
    }
    if (this.#tracksPositions) this.#advance(upTo);
  }

  /** The position of the socket that was sent least of the log; `null` without one. */
  furthestBehind(): Position | null {
    const positions = [...this.#sockets.all()].flatMap(([, { seen }]) => seen ?? []);
    return positions.reduce<Position | null>(
      (least, one) => (least === null || one.offset < least.offset ? one : least),
      null,
    );
  }

  /**
   * Reads a client's message. `ping` is the only one; the runtime answers it before it comes here.
   */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    if (isPing(data)) send(socket, PONG);
    else close(socket, CLOSE.badRequest);
  }

  /** How many sockets are open. */
  count(): number {
    return [...this.#sockets.all()].length;
  }

  /** The earliest end of a token among the open sockets; `null` without one. */
  nextDeadline(): Millis | null {
    return this.#sockets.nextDeadline();
  }

  /** Closes the sockets whose token has ended. */
  expire(now: Millis): void {
    for (const [socket] of this.#sockets.expired(now)) this.#close(socket, CLOSE.tokenExpired);
  }

  /** Closes every socket. */
  end(closing: Closing): void {
    this.#sockets.reload();
    for (const [socket] of this.#sockets.all()) this.#close(socket, closing);
  }

  /** Forgets a socket that has closed. */
  left(socket: WebSocket): void {
    this.#sockets.delete(socket);
  }

  /** Notes the position of every socket, of those too that subscribed to none of the entries. */
  #advance(upTo: Position): void {
    for (const [socket, subscription] of this.#sockets.all()) {
      if (subscription.seen === undefined || subscription.seen.offset >= upTo.offset) continue;
      this.#set(socket, { ...subscription, seen: upTo });
    }
  }

  #set(socket: WebSocket, subscription: Subscription): void {
    socket.serializeAttachment(subscription);
    this.#sockets.set(socket, subscription);
  }

  #close(socket: WebSocket, closing: Closing): void {
    close(socket, closing);
    this.left(socket);
  }
}
