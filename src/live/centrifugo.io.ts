// The sockets that speak the Centrifugo protocol, inside the account's object: accepted for hibernation, answered, fed, closed at their end.

import { settingsOf } from "../config/load.ts";
import { earliest } from "../kernel/agenda.ts";
import { newClientId } from "../kernel/chance.io.ts";
import { now as clock } from "../kernel/clock.io.ts";
import { log } from "../kernel/log.io.ts";
import { fault } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";
import { DISCONNECT, parseFrame, writeFrame, type Command, type Disconnect } from "./centrifugo.ts";
import { endingOf, endOf, respond, type Reply, type Session, type Verdict } from "./centrifugo-commands.ts";
import { pushOf, type PublicationLog } from "./centrifugo-history.ts";
import { MAX_ANSWER, STALE_AFTER } from "./centrifugo-limits.ts";
import type { CentrifugoOpen } from "./centrifugo-open.ts";
import type { LogEntry } from "./log.ts";
import type { Seats } from "./seats.io.ts";
import { authorize } from "./tokens.io.ts";

/** The tag under which an object finds these sockets among its others. */
export const CENTRIFUGO_TAG = "centrifugo";

/** What a socket remembers while its object sleeps; at most 16,384 bytes. */
const sessionOf = (socket: WebSocket): Session => socket.deserializeAttachment() as Session;

const remember = (socket: WebSocket, session: Session): void => socket.serializeAttachment(session);

/** The Centrifugo connections of one account. Its owner passes on upgrades, messages and committed entries, and counts `nextDeadline` among its deadlines. */
export class Centrifugo {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #log: PublicationLog;
  readonly #seats: Seats;
  /** The frame that each socket is at: frames are answered in their order, although tokens are verified in between. */
  readonly #turns = new WeakMap<WebSocket, Promise<void>>();
  /** The earliest end of a session; `undefined` until counted after a wake. May be earlier than true, never later. */
  #deadline: Millis | null | undefined;

  constructor(ctx: DurableObjectState, env: Env, shared: { readonly log: PublicationLog; readonly seats: Seats }) {
    this.#ctx = ctx;
    this.#env = env;
    this.#log = shared.log;
    this.#seats = shared.seats;
  }

  /** Accepts an upgrade (101) and waits for its connect command, or answers 429 when there are too many sockets already. */
  accept({ grant, protocol }: CentrifugoOpen): Response {
    if (!this.#seats.take()) return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [CENTRIFUGO_TAG]);
    this.#become(server, { phase: "waiting", grant, until: clock() + STALE_AFTER });
    return new Response(null, { status: 101, webSocket: client, headers: protocol === null ? {} : { "sec-websocket-protocol": protocol } });
  }

  /** Answers a client's frame, after those before it. Never rejects. */
  message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const turn = this.#take(this.#turns.get(socket), socket, data);
    this.#turns.set(socket, turn);
    return turn;
  }

  /** Shows committed entries to every connection, on each channel that it subscribed to. */
  broadcast(entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    const now = clock();
    // One text per entry and channel, however many sockets.
    const texts = entries.map(() => new Map<string, string>());
    for (const socket of this.#open()) {
      const session = sessionOf(socket);
      if (session.phase === "waiting") continue;
      if (isOver(session, now)) {
        close(socket, endingOf(session));
        continue;
      }
      const subscribed = new Set(session.channels);
      const pushes = entries.flatMap((entry, index) =>
        entry.channels
          .filter((channel) => subscribed.has(channel))
          .map((channel) => {
            const text = texts[index]?.get(channel) ?? pushOf(channel, entry);
            texts[index]?.set(channel, text);
            return text;
          }),
      );
      if (pushes.length > 0) send(socket, pushes.join("\n"));
    }
  }

  /** The earliest end of a session; `null` without one. */
  nextDeadline(): Millis | null {
    if (this.#deadline === undefined) this.#deadline = earliest(...this.#open().map((socket) => endOf(sessionOf(socket))));
    return this.#deadline;
  }

  /** Closes the connections that are at their end: no connect command in time, or a token that was not renewed. */
  expire(now: Millis): void {
    for (const socket of this.#open()) {
      const session = sessionOf(socket);
      if (isOver(session, now)) close(socket, endingOf(session));
    }
    this.#deadline = undefined;
  }

  async #take(before: Promise<void> | undefined, socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    await before;
    try {
      await this.#answer(socket, data);
    } catch (error) {
      log("error", "error", "centrifugo.failed", { error: String(error) });
      close(socket, DISCONNECT.serverError);
    }
  }

  async #answer(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const frame = parseFrame(data);
    if (!frame.ok) return close(socket, frame.fault);
    const replies: Reply[] = [];
    let room = MAX_ANSWER;
    for (const command of frame.value) {
      const token = tokenOf(command);
      // What was decided is sent before anything is waited for: an event must not overtake the reply that announces its subscription.
      if (token !== null) flush(socket, replies);
      const verdict = token === null ? null : await this.#judge(token);
      if (socket.readyState !== WebSocket.OPEN) return;
      const session = sessionOf(socket);
      const context = { account: this.#ctx.id.name ?? "", now: clock(), client: newClientId(), log: this.#log, verdict, room };
      const outcome = respond(session, command, context);
      if (outcome.session !== session) this.#become(socket, outcome.session);
      replies.push(...outcome.replies);
      room = outcome.room;
      if (outcome.close !== null) {
        flush(socket, replies);
        return close(socket, outcome.close);
      }
    }
    flush(socket, replies);
  }

  async #judge(token: string): Promise<Verdict> {
    const settings = settingsOf(this.#env);
    if (!settings.ok) return fault("configuration");
    const verdict = await authorize(token, settings.value, clock());
    if (!verdict.ok) log(settings.value.logLevel, "info", "stream.refused", { target: "account", reason: `token-${verdict.fault}` });
    return verdict;
  }

  #become(socket: WebSocket, session: Session): void {
    remember(socket, session);
    if (this.#deadline !== undefined) this.#deadline = earliest(this.#deadline, endOf(session));
  }

  #open(): readonly WebSocket[] {
    return this.#ctx.getWebSockets(CENTRIFUGO_TAG).filter((socket) => socket.readyState === WebSocket.OPEN);
  }
}

const tokenOf = (command: Command): string | null => (command.kind === "connect" || command.kind === "refresh" ? command.token : null);

function isOver(session: Session, now: Millis): boolean {
  const end = endOf(session);
  return end !== null && end <= now;
}

/** Sends what has gathered as one frame. */
function flush(socket: WebSocket, replies: Reply[]): void {
  if (replies.length > 0) send(socket, writeFrame(replies.splice(0)));
}

/** Sends without minding a socket that closed in between: its client recovers. */
function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // Closing: the client comes back with its positions.
  }
}

/** Closes without minding a socket that is already gone. */
function close(socket: WebSocket, { code, reason }: Disconnect): void {
  try {
    socket.close(code, reason);
  } catch {
    // The other side was faster.
  }
}
