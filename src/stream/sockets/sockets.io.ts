// The sockets that speak the relay's own frames, inside one object: accepted for hibernation, fed, closed when their token ends.

import { earliest } from "../../durable/alarm.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import type { Millis } from "../../kernel/time.ts";
import type { Position } from "../cursor.ts";
import { CLOSE, type Closing, type Frame } from "../frames.ts";
import type { LogEntry } from "../log.ts";
import { ChannelIndex } from "./channel-index.ts";
import type { ConnectionLimit } from "./connection-limit.io.ts";
import { frameOf, type StreamOpen } from "../stream.ts";

/** The tag under which an object finds these sockets among its others. */
export const FRAMES_TAG = "frames";

/** What a socket remembers while its object sleeps; at most 16,384 bytes. */
interface Subscription {
  /** The frames it speaks. */
  readonly kind: "frames";
  readonly channels: readonly string[];
  /** When its token ends; `null` for the admin's. */
  readonly expires: Millis | null;
  /** How far it was shown the log, where that has to outlive the object's memory. */
  readonly seen?: Position;
}

const subscriptionOf = (socket: WebSocket): Subscription =>
  socket.deserializeAttachment() as Subscription;

/** Sockets of one object. Its owner counts `nextDeadline` among its deadlines. */
export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #seats: ConnectionLimit;
  /** The earliest end of a token among the open sockets; `undefined` until counted after a wake. May be earlier than true, never later. */
  #deadline: Millis | null | undefined;
  /** What the attachments say, read once per wake; `null` until then, and after an alarm. */
  #known: ChannelIndex<WebSocket, Subscription> | null = null;
  /** True when some remember how far they were shown the log. */
  #remembering = false;

  constructor(ctx: DurableObjectState, seats: ConnectionLimit) {
    this.#ctx = ctx;
    this.#seats = seats;
    // Answered by the runtime without waking the object (at most 2,048 bytes each).
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Accepts an upgrade (101) and sends the first frames, or answers 429 when there are too many sockets already. */
  accept(
    open: Pick<StreamOpen, "grant" | "channels" | "protocol">,
    frames: () => readonly Frame[],
    seen: Position | null = null,
  ): Response {
    if (!this.#seats.take()) return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    const expires = open.grant.kind === "admin" ? null : open.grant.expires;
    const { channels, protocol } = open;
    this.#ctx.acceptWebSocket(server, [FRAMES_TAG]);
    const subscription: Subscription = {
      kind: "frames",
      channels,
      expires,
      ...(seen === null ? {} : { seen }),
    };
    server.serializeAttachment(subscription);
    this.#known?.set(server, subscription);
    this.#remembering ||= seen !== null;
    for (const frame of frames()) server.send(JSON.stringify(frame));
    if (this.#deadline !== undefined) this.#deadline = earliest(this.#deadline, expires);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: protocol === null ? {} : { "sec-websocket-protocol": protocol },
    });
  }

  /**
   * Shows entries, which end at `upTo`, to every open socket that subscribed to them and, where it remembers how far it was shown
   * the log, has not seen them. A token that ended is noticed here at the latest.
   */
  broadcast(entries: readonly LogEntry[], upTo: Position): void {
    const now = clock();
    const members = this.#members();
    for (const entry of entries) {
      const shown = new Set<WebSocket>();
      // An entry is shown once to each, on the broadest of its channels.
      for (const channel of entry.channels) {
        let text: string | null = null;
        for (const [socket, { expires, seen }] of members.on(channel)) {
          if (shown.has(socket)) continue;
          if (entry.channels.length > 1) shown.add(socket);
          if (expires !== null && expires <= now) {
            this.#close(socket, CLOSE.tokenExpired);
            continue;
          }
          if (seen !== undefined && entry.offset <= seen.offset) continue;
          text ??= JSON.stringify(frameOf(entry, [channel], upTo.epoch));
          send(socket, text);
        }
      }
    }
    if (this.#remembering) this.#advance(upTo);
  }

  /** Notes how far everybody was shown the log, those included who saw nothing of it. */
  #advance(upTo: Position): void {
    const members = this.#members();
    for (const [socket, subscription] of members.all()) {
      if (subscription.seen === undefined || subscription.seen.offset >= upTo.offset) continue;
      const next: Subscription = { ...subscription, seen: upTo };
      socket.serializeAttachment(next);
      members.set(socket, next);
    }
  }

  /** The place of the socket that was shown least of the log, of those that remember; `null` without one. */
  furthestBehind(): Position | null {
    const places = [...this.#members().all()].flatMap(([, { seen }]) => seen ?? []);
    return places.reduce<Position | null>(
      (least, place) => (least === null || place.offset < least.offset ? place : least),
      null,
    );
  }

  /** A client's message: clients have nothing to say but `ping`, which the runtime answers before it comes here. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    if (data === "ping") send(socket, "pong");
    else close(socket, CLOSE.badRequest);
  }

  count(): number {
    return [...this.#members().all()].length;
  }

  /** The earliest end of a token among the open sockets; `null` without one. */
  nextDeadline(): Millis | null {
    if (this.#deadline === undefined)
      this.#deadline = earliest(...[...this.#members().all()].map(([, { expires }]) => expires));
    return this.#deadline;
  }

  /** Closes the sockets whose token has ended. */
  expire(now: Millis): void {
    this.#known = null;
    for (const [socket, { expires }] of this.#members().all()) {
      if (expires !== null && expires <= now) this.#close(socket, CLOSE.tokenExpired);
    }
    this.#deadline = undefined;
  }

  /** Closes every socket. */
  end(closing: Closing): void {
    this.#known = null;
    for (const [socket] of this.#members().all()) this.#close(socket, closing);
    this.#deadline = null;
  }

  /** Forgets a socket that has closed; one that nobody tells of is noticed when it is next looked at. */
  left(socket: WebSocket): void {
    this.#known?.delete(socket);
  }

  #members(): ChannelIndex<WebSocket, Subscription> {
    if (this.#known !== null) return this.#known;
    this.#known = new ChannelIndex(isOpen);
    for (const socket of this.#ctx.getWebSockets(FRAMES_TAG).filter(isOpen)) {
      const subscription = subscriptionOf(socket);
      this.#known.set(socket, subscription);
      this.#remembering ||= subscription.seen !== undefined;
    }
    return this.#known;
  }

  #close(socket: WebSocket, closing: Closing): void {
    close(socket, closing);
    this.left(socket);
  }
}

const isOpen = (socket: WebSocket): boolean => socket.readyState === WebSocket.OPEN;

/** Sends without minding a socket that closed in between: its client resumes. */
function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // Closing: the client comes back with its cursor.
  }
}

/** Closes without minding a socket that is already gone. */
function close(socket: WebSocket, closing: Closing): void {
  try {
    socket.close(closing.code, closing.reason);
  } catch {
    // The other side was faster.
  }
}
