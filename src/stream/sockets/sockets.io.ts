// The sockets of one object that speak the relay's own frames: accepted for hibernation, sent
// events, closed when their token ends.

import { utf8 } from "../../kernel/bytes.ts";
import { writeJson } from "../../kernel/json.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { newClientId } from "../../kernel/random.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { MAX_READ_CHARACTERS } from "../bounded-read.ts";
import type { Grant } from "../auth/tokens.ts";
import type { Position } from "../cursor.ts";
import { CLOSE, type Closing, type Frame } from "../frames.ts";
import type { LogEntry } from "../log.ts";
import { frameOf, type StreamOpen } from "../stream.ts";
import { upgraded } from "./closed-socket.io.ts";
import type { ConnectionLimit } from "./connection-limit.io.ts";
import { Flights } from "./flights.io.ts";
import {
  addProbe,
  answerProbe,
  beginFlight,
  isProbeDue,
  MAX_FIRST_BYTES_WHEN_FULL,
  MAX_FIRST_WHEN_FULL,
  PROBE_STEP,
  viewerOf,
  type Flight,
} from "./in-flight.ts";
import { hasExpired, OpenSockets, type SocketState } from "./open-sockets.io.ts";
import { isPing, isProbeAnswer, PONG, PROBE } from "./ping.ts";
import { close, send } from "./socket.io.ts";

/** The tag under which an object finds these sockets among its others. */
const FRAMES_TAG = "frames";

/** A socket's attachment: a stored format, at most 16,384 bytes. */
interface Subscription extends SocketState {
  readonly kind: "frames";
  /** The position up to which the socket was sent the log; only where positions are tracked. */
  readonly seen?: Position;
  /** What was on its way to the client when the attachment was written; absent in old ones. */
  readonly flight?: Flight;
}

/** A frame to send, and its size in bytes. */
interface Outgoing {
  readonly text: string;
  readonly bytes: number;
}

const outgoing = (frame: Frame | null): Outgoing => {
  const text = writeJson(frame);
  return { text, bytes: utf8(text).byteLength };
};

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
  readonly #flights = new Flights();

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

  /** Closes the slowest readers while too much is on its way, to keep nobody out. True then. */
  closeSlowest(): boolean {
    const now = clock();
    if (!this.#flights.isFull(now)) return false;
    for (const socket of this.#flights.slowest(now)) this.#close(socket, CLOSE.tooSlow);
    return true;
  }

  /** True when who comes now with this grant is not sent much. */
  isFull(grant: Grant): boolean {
    return this.closeSlowest() || this.#flights.isViewerFull(viewerOf(grant), clock());
  }

  /**
   * Accepts an upgrade (101) and sends the first frames, or answers 429 at the connection limit.
   * `frames` makes them of so many characters at most; 429 where they are large all the same while
   * too much is on its way to others. `seen` is the position that the first frames end at, where
   * positions are tracked.
   */
  accept(
    open: Pick<StreamOpen, "grant" | "channels" | "protocol" | "probes">,
    frames: (characters: number) => readonly Frame[],
    seen: Position | null = null,
  ): Response {
    const { grant, channels, protocol } = open;
    const isFull = this.isFull(grant);
    if (!this.#limit.hasRoom()) return new Response(null, { status: 429 });
    const texts = frames(isFull ? MAX_FIRST_WHEN_FULL : MAX_READ_CHARACTERS).map(outgoing);
    const first = texts.reduce((sum, { bytes }) => sum + bytes, 0);
    if ((isFull && first > MAX_FIRST_BYTES_WHEN_FULL) || !this.#limit.reserve())
      return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [FRAMES_TAG]);
    for (const { text } of texts) server.send(text);
    const flight = beginFlight(first, open.probes === true, clock(), viewerOf(grant));
    this.#flights.set(server, flight);
    this.#set(server, {
      kind: "frames",
      channels,
      expires: grant.kind === "admin" ? null : grant.expires,
      ...(seen === null ? {} : { seen }),
      flight,
    });
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
        let frame: Outgoing | null = null;
        for (const [socket, subscription] of this.#sockets.on(channel)) {
          if (done.has(socket)) continue;
          if (entry.channels.length > 1) done.add(socket);
          if (hasExpired(subscription, now)) {
            this.#close(socket, CLOSE.tokenExpired);
            continue;
          }
          if (subscription.seen !== undefined && entry.offset <= subscription.seen.offset) continue;
          frame ??= outgoing(frameOf(entry, [channel], upTo.epoch));
          this.#send(socket, subscription, frame, now);
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
   * Reads a client's message: a ping that the runtime has not answered, or the answer to a probe.
   */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    const now = clock();
    const subscription = socket.deserializeAttachment() as Subscription;
    if (isPing(data)) return this.#send(socket, subscription, PONG_FRAME, now);
    const before = this.#flights.of(socket, subscription.flight, now);
    const flight = isProbeAnswer(data) ? answerProbe(before, data) : null;
    if (flight === null) return close(socket, CLOSE.badRequest);
    this.#flights.set(socket, flight);
    this.#set(socket, { ...subscription, flight });
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
    this.#flights.delete(socket);
  }

  /** Sends a frame, or closes a socket whose client does not read. No frame is left out. */
  #send(socket: WebSocket, subscription: Subscription, frame: Outgoing, now: Millis): void {
    const before = this.#flights.of(socket, subscription.flight, now);
    const flight = this.#flights.send(socket, before, frame.bytes, now);
    if (flight === null) return this.#close(socket, CLOSE.tooSlow);
    send(socket, frame.text);
    if (isProbeDue(flight)) this.#probe(socket, subscription, flight);
    else if (flight.sent - (subscription.flight?.sent ?? 0) >= PROBE_STEP)
      this.#set(socket, { ...subscription, flight });
  }

  /** Sends a text that only a client that reads it can send back. */
  #probe(socket: WebSocket, subscription: Subscription, before: Flight): void {
    const text = PROBE + newClientId().slice(0, 8);
    const flight = addProbe(before, text);
    this.#flights.set(socket, flight);
    this.#set(socket, { ...subscription, flight });
    send(socket, text);
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
    this.#sockets.delete(socket);
    this.#flights.end(socket, clock());
  }
}

/** The answer to a ping with what the runtime keeps beside so short a text. */
const PONG_FRAME: Outgoing = { text: PONG, bytes: 64 };
