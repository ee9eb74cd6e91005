// The sockets that speak the Centrifugo protocol, inside the account's object: accepted for hibernation, answered, fed, closed at their end.

import { settingsOf } from "../../config/load.ts";
import { earliest } from "../../durable/alarm.ts";
import { newClientId } from "../../kernel/random.io.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { log } from "../../kernel/log.io.ts";
import { fault } from "../../kernel/result.ts";
import type { Millis } from "../../kernel/time.ts";
import { DISCONNECT, parseFrame, writeFrame, type Command, type Disconnect } from "./protocol.ts";
import { endingOf, endOf, respond, type Reply, type Session, type TokenCheck } from "./commands.ts";
import { pushOf, type PublicationLog } from "./history.ts";
import { MAX_ANSWER, MAX_UNAUTHENTICATED_SOCKETS, STALE_AFTER } from "./limits.ts";
import type { CentrifugoOpen } from "./open.ts";
import type { LogEntry } from "../log.ts";
import { ChannelIndex } from "../sockets/channel-index.ts";
import type { ConnectionLimit } from "../sockets/connection-limit.io.ts";
import { authorize } from "../auth/tokens.io.ts";

/** The tag under which an object finds these sockets among its others. */
export const CENTRIFUGO_TAG = "centrifugo";

/** What a socket remembers while its object sleeps; at most 16,384 bytes. */
const sessionOf = (socket: WebSocket): Session => socket.deserializeAttachment() as Session;

/** True for a socket that has not shown a token yet. */
const isStranger = (session: Session): boolean =>
  session.phase === "waiting" && session.grant === null;

/** What a socket looks like to an event. */
interface Attendance {
  readonly session: Session;
  readonly channels: readonly string[];
}

/** No event is on a channel without a name: strangers wait on it, where they can be counted. */
const ANTEROOM = "";

const attendanceOf = (session: Session): Attendance => ({
  session,
  channels:
    session.phase === "connected" ? session.channels : isStranger(session) ? [ANTEROOM] : [],
});

/** True for a socket of an account that takes a viewer's seat: every one but a stranger's. */
export const countsAsViewer = (ctx: DurableObjectState, socket: WebSocket): boolean =>
  !ctx.getTags(socket).includes(CENTRIFUGO_TAG) || !isStranger(sessionOf(socket));

/** The Centrifugo connections of one account. Its owner passes on upgrades, messages and committed entries, and counts `nextDeadline` among its deadlines. */
export class Centrifugo {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #log: PublicationLog;
  readonly #seats: ConnectionLimit;
  /** The frame that each socket is at: frames are answered in their order, although tokens are verified in between. */
  readonly #turns = new WeakMap<WebSocket, Promise<void>>();
  /** The earliest end of a session; `undefined` until counted after a wake. May be earlier than true, never later. */
  #deadline: Millis | null | undefined;
  /** What the attachments say, read once per wake; `null` until then, and after an alarm. */
  #known: ChannelIndex<WebSocket, Attendance> | null = null;

  constructor(
    ctx: DurableObjectState,
    env: Env,
    shared: { readonly log: PublicationLog; readonly seats: ConnectionLimit },
  ) {
    this.#ctx = ctx;
    this.#env = env;
    this.#log = shared.log;
    this.#seats = shared.seats;
  }

  /** Accepts an upgrade (101) and waits for its connect command, or answers 429 when there are too many sockets already. */
  accept({ grant, protocol }: CentrifugoOpen): Response {
    const session: Session = { phase: "waiting", grant, until: clock() + STALE_AFTER };
    if (
      isStranger(session) ? this.#strangers() >= MAX_UNAUTHENTICATED_SOCKETS : !this.#seats.take()
    )
      return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [CENTRIFUGO_TAG]);
    this.#become(server, session);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: protocol === null ? {} : { "sec-websocket-protocol": protocol },
    });
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
    const members = this.#members();
    const pushes = new Map<WebSocket, string[]>();
    for (const entry of entries) {
      for (const channel of entry.channels) {
        let text: string | null = null;
        for (const [socket, { session }] of members.on(channel)) {
          if (isOver(session, now)) {
            this.#close(socket, endingOf(session));
            continue;
          }
          text ??= pushOf(channel, entry);
          const before = pushes.get(socket);
          if (before === undefined) pushes.set(socket, [text]);
          else before.push(text);
        }
      }
    }
    for (const [socket, texts] of pushes) send(socket, texts.join("\n"));
  }

  /** The earliest end of a session; `null` without one. */
  nextDeadline(): Millis | null {
    if (this.#deadline === undefined)
      this.#deadline = earliest(
        ...[...this.#members().all()].map(([, { session }]) => endOf(session)),
      );
    return this.#deadline;
  }

  /** Closes the connections that are at their end: no connect command in time, or a token that was not renewed. */
  expire(now: Millis): void {
    this.#known = null;
    for (const [socket, { session }] of this.#members().all())
      if (isOver(session, now)) this.#close(socket, endingOf(session));
    this.#deadline = undefined;
  }

  /** Forgets a socket that has closed. */
  left(socket: WebSocket): void {
    this.#known?.delete(socket);
  }

  async #take(
    before: Promise<void> | undefined,
    socket: WebSocket,
    data: string | ArrayBuffer,
  ): Promise<void> {
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
      const context = {
        account: this.#ctx.id.name ?? "",
        now: clock(),
        client: newClientId(),
        log: this.#log,
        verdict,
        room,
      };
      const outcome = respond(session, command, context);
      // Who has shown a token is a viewer now, and needs a seat.
      const enters = isStranger(session) && !isStranger(outcome.session);
      if (enters && !this.#seats.take()) return this.#close(socket, DISCONNECT.tooManyRequests);
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

  async #judge(token: string): Promise<TokenCheck> {
    const settings = settingsOf(this.#env);
    if (!settings.ok) return fault("configuration");
    const verdict = await authorize(token, settings.value, clock());
    if (!verdict.ok)
      log(settings.value.logLevel, "info", "stream.refused", {
        target: "account",
        reason: `token-${verdict.fault}`,
      });
    return verdict;
  }

  #become(socket: WebSocket, session: Session): void {
    socket.serializeAttachment(session);
    this.#known?.set(socket, attendanceOf(session));
    if (this.#deadline !== undefined) this.#deadline = earliest(this.#deadline, endOf(session));
  }

  #strangers(): number {
    return [...this.#members().on(ANTEROOM)].length;
  }

  #members(): ChannelIndex<WebSocket, Attendance> {
    if (this.#known !== null) return this.#known;
    this.#known = new ChannelIndex(isOpen);
    for (const socket of this.#ctx.getWebSockets(CENTRIFUGO_TAG).filter(isOpen))
      this.#known.set(socket, attendanceOf(sessionOf(socket)));
    return this.#known;
  }

  #close(socket: WebSocket, reason: Disconnect): void {
    close(socket, reason);
    this.left(socket);
  }
}

const isOpen = (socket: WebSocket): boolean => socket.readyState === WebSocket.OPEN;

const tokenOf = (command: Command): string | null =>
  command.kind === "connect" || command.kind === "refresh" ? command.token : null;

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
