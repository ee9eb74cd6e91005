// A stream's sockets, inside the object that owns its log: accepted for hibernation, fed, closed when their token ends.

import { now as clock } from "../kernel/clock.io.ts";
import { earliest } from "../kernel/agenda.ts";
import type { Millis } from "../kernel/time.ts";
import { CLOSE, type Closing, type Page } from "./frames.ts";
import { MAX_SOCKETS } from "./limits.ts";
import type { LogEntry, StreamLog } from "./log.ts";
import { Seats } from "./seats.io.ts";
import { frameOf, greeting, pageOf, type Open, type PageQuery, type Start } from "./stream.ts";

/** What a socket remembers while its object sleeps; at most 16,384 bytes. */
interface Subscription {
  /** The frames it speaks. */
  readonly kind: "frames";
  readonly channels: readonly string[];
  /** When its token ends; `null` for the admin's. */
  readonly expires: Millis | null;
}

/** The tag under which an object finds these sockets among its others. */
const FRAMES_TAG = "frames";

const subscriptionOf = (socket: WebSocket): Subscription => socket.deserializeAttachment() as Subscription;

/** Closes without minding a socket that is already gone. */
function close(socket: WebSocket, closing: Closing): void {
  try {
    socket.close(closing.code, closing.reason);
  } catch {
    // The other side was faster.
  }
}

/**
 * The stream of one log. Its owner makes it in the constructor, passes upgrades to `accept`, appended entries to `broadcast`
 * after their commit, the three WebSocket handlers' calls to `message` and nothing else, and counts `nextDeadline` among its deadlines.
 */
export class Stream {
  readonly #ctx: DurableObjectState;
  readonly #log: StreamLog;
  readonly #start: Start;
  readonly #seats: Seats;
  /** The earliest end of a token among the open sockets; `undefined` until counted after a wake. May be earlier than true, never later. */
  #deadline: Millis | null | undefined;

  constructor(ctx: DurableObjectState, log: StreamLog, start: Start, seats: Seats = new Seats(ctx, MAX_SOCKETS)) {
    this.#ctx = ctx;
    this.#log = log;
    this.#start = start;
    this.#seats = seats;
    // Answered by the runtime without waking the object (at most 2,048 bytes each).
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Accepts an upgrade (101), or answers 429 when there are too many already. Nothing waits between reading what was missed and accepting, so nothing falls between them. */
  accept(open: Open): Response {
    if (!this.#seats.take()) return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    const expires = open.grant.kind === "admin" ? null : open.grant.expires;
    const frames = greeting(this.#log, open, this.#start);
    this.#ctx.acceptWebSocket(server, [FRAMES_TAG]);
    server.serializeAttachment({ kind: "frames", channels: open.channels, expires } satisfies Subscription);
    for (const frame of frames) server.send(JSON.stringify(frame));
    if (this.#deadline !== undefined) this.#deadline = earliest(this.#deadline, expires);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: open.protocol === null ? {} : { "sec-websocket-protocol": open.protocol },
    });
  }

  /** Shows committed entries to every open socket that subscribed to them. A token that ended is noticed here at the latest. */
  broadcast(entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    const now = clock();
    const epoch = this.#log.epoch();
    // One text per entry and channel, however many sockets.
    const texts = entries.map(() => new Map<string, string>());
    for (const socket of this.#open()) {
      const { channels, expires } = subscriptionOf(socket);
      if (expires !== null && expires <= now) {
        close(socket, CLOSE.tokenExpired);
        continue;
      }
      entries.forEach((entry, index) => {
        const channel = entry.channels.find((name) => channels.includes(name));
        if (channel === undefined) return;
        const known = texts[index]?.get(channel);
        const text = known ?? JSON.stringify(frameOf(entry, [channel], epoch));
        if (known === undefined) texts[index]?.set(channel, text);
        send(socket, text);
      });
    }
  }

  /** Answers a poll. */
  page(query: Pick<PageQuery, "since" | "channels" | "limit">): Page {
    return pageOf(this.#log, query, this.#start);
  }

  /** A client's message: clients have nothing to say but `ping`, which the runtime answers before it comes here. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    if (data === "ping") send(socket, "pong");
    else close(socket, CLOSE.badRequest);
  }

  /** The earliest end of a token among the open sockets; `null` without one. */
  nextDeadline(): Millis | null {
    if (this.#deadline === undefined) this.#deadline = earliest(...this.#open().map((socket) => subscriptionOf(socket).expires));
    return this.#deadline;
  }

  /** Closes the sockets whose token has ended. */
  expire(now: Millis): void {
    for (const socket of this.#open()) {
      const { expires } = subscriptionOf(socket);
      if (expires !== null && expires <= now) close(socket, CLOSE.tokenExpired);
    }
    this.#deadline = undefined;
  }

  /** Closes every socket, as when the job is erased. */
  end(closing: Closing): void {
    for (const socket of this.#open()) close(socket, closing);
    this.#deadline = null;
  }

  #open(): readonly WebSocket[] {
    return this.#ctx.getWebSockets(FRAMES_TAG).filter((socket) => socket.readyState === WebSocket.OPEN);
  }
}

/** Sends without minding a socket that closed in between: its client resumes. */
function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // Closing: the client comes back with its cursor.
  }
}
