// The Centrifugo connections inside an account's object: the Worker holds the client's socket, and
// the object answers commands and sends events over a socket of its own, which lets it hibernate.

import { now as clock } from "../../kernel/clock.io.ts";
import { log } from "../../kernel/log.io.ts";
import { newClientId } from "../../kernel/random.io.ts";
import type { Millis } from "../../kernel/time.ts";
import type { LogEntry } from "../log.ts";
import { upgraded } from "../sockets/closed-socket.io.ts";
import type { ConnectionLimit } from "../sockets/connection-limit.io.ts";
import { hasExpired, OpenSockets } from "../sockets/open-sockets.io.ts";
import { close, isOpen, send } from "../sockets/socket.io.ts";
import { respond } from "./commands.ts";
import { pushOf, type PublicationLog } from "./history.ts";
import { MAX_ANSWER, MAX_PASSED_FRAME } from "./limits.ts";
import type { CentrifugoOpen } from "./open.ts";
import { parseFrame, writeFrame } from "./encoding/json.ts";
import { DISCONNECT, tokenOf, type Disconnect } from "./protocol.ts";
import type { Reply } from "./replies.ts";
import { stateOfSession, type CentrifugoState, type Session } from "./session.ts";
import { checkToken } from "./token-check.io.ts";
import {
  OBJECT_WORK,
  COMMAND_COST,
  CONNECTION_WORK,
  VIEWER_WORK,
  ViewerAllowances,
  WorkAllowance,
} from "../sockets/work-allowance.ts";

/** The tag under which an object finds these sockets among its others. */
export const CENTRIFUGO_TAG = "centrifugo";

const sessionOf = (socket: WebSocket): Session => socket.deserializeAttachment() as Session;

/** What the connections need of their account. */
interface CentrifugoOptions {
  readonly env: Env;
  readonly log: PublicationLog;
  readonly limit: ConnectionLimit;
}

/**
 * The Centrifugo connections of one account. Its owner passes on upgrades, messages and committed
 * entries, and counts `nextDeadline` among its deadlines.
 */
export class Centrifugo {
  readonly #ctx: DurableObjectState;
  readonly #options: CentrifugoOptions;
  readonly #sockets: OpenSockets<CentrifugoState>;
  readonly #work = new WorkAllowance(OBJECT_WORK, clock());
  readonly #workOfViewers = new ViewerAllowances(VIEWER_WORK);
  readonly #workOf = new WeakMap<WebSocket, WorkAllowance>();
  /** The last frame of each socket: frames are answered in order, though tokens take time. */
  readonly #turns = new WeakMap<WebSocket, Promise<void>>();

  constructor(ctx: DurableObjectState, options: CentrifugoOptions) {
    this.#ctx = ctx;
    this.#options = options;
    this.#sockets = new OpenSockets(ctx, {
      tag: CENTRIFUGO_TAG,
      stateOf: (socket) => stateOfSession(sessionOf(socket)),
    });
  }

  /**
   * Accepts an upgrade (101) of the Worker, which sends the connect command next, or answers 429.
   */
  accept({ grant }: CentrifugoOpen): Response {
    if (!this.#options.limit.reserve()) return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [CENTRIFUGO_TAG]);
    this.#setSession(server, { phase: "waiting", grant });
    return upgraded(client, null);
  }

  /** Answers a client's frame, after those before it. Never rejects. */
  message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const turn = this.#answerAfter(this.#turns.get(socket), socket, data);
    this.#turns.set(socket, turn);
    return turn;
  }

  /** Sends committed entries to every connection, on each channel that it subscribed to. */
  broadcast(entries: readonly LogEntry[]): void {
    const now = clock();
    const pushes = new Map<WebSocket, string[]>();
    for (const entry of entries) {
      for (const channel of entry.channels) {
        let text: string | null = null;
        for (const [socket, state] of this.#sockets.on(channel)) {
          if (hasExpired(state, now)) {
            this.#close(socket, DISCONNECT.expired);
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
    return this.#sockets.nextDeadline();
  }

  /** Closes the connections whose token was not renewed. */
  expire(now: Millis): void {
    for (const [socket] of this.#sockets.expired(now)) this.#close(socket, DISCONNECT.expired);
  }

  /** Forgets a socket that has closed. */
  left(socket: WebSocket): void {
    this.#sockets.delete(socket);
  }

  async #answerAfter(
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
    const frame = parseFrame(data, MAX_PASSED_FRAME);
    if (!frame.ok) return close(socket, frame.fault);
    const replies: Reply[] = [];
    let session = sessionOf(socket);
    // Tokens of the same claims and the same second are one viewer's.
    const viewer = this.#workOfViewers.of(JSON.stringify(session.grant), clock());
    const own = [this.#allowanceOf(socket), viewer];
    let kept = session;
    let budget = MAX_ANSWER;
    /** Once for many commands, since it writes the names of all channels. */
    const keepAndSend = (): void => {
      if (session !== kept) this.#setSession(socket, session);
      kept = session;
      flush(socket, replies);
    };
    for (const command of frame.value) {
      const text = tokenOf(command);
      // Replies are sent before the wait: an event must not overtake the reply of its subscription.
      if (text !== null) keepAndSend();
      const token = text === null ? null : await checkToken(this.#options.env, text);
      if (!isOpen(socket)) return;
      const now = clock();
      const left = own.map((work) => work.available(now));
      // What others have used up leaves something to everybody.
      const room = Math.min(budget, ...left, this.#work.readable(now));
      const outcome = respond(session, command, {
        account: this.#ctx.id.name ?? "",
        now,
        client: newClientId(),
        log: this.#options.log,
        token,
        budget: room,
      });
      ({ session } = outcome);
      replies.push(...outcome.replies);
      const read = room - outcome.budget;
      for (const work of [...own, this.#work]) work.spend(read + COMMAND_COST);
      budget -= read;
      if (outcome.close !== null) {
        keepAndSend();
        return close(socket, outcome.close);
      }
    }
    keepAndSend();
  }

  /** What a connection may still have read. One that sleeps for long starts over. */
  #allowanceOf(socket: WebSocket): WorkAllowance {
    const known = this.#workOf.get(socket);
    if (known !== undefined) return known;
    const work = new WorkAllowance(CONNECTION_WORK, clock());
    this.#workOf.set(socket, work);
    return work;
  }

  #setSession(socket: WebSocket, session: Session): void {
    socket.serializeAttachment(session);
    this.#sockets.set(socket, stateOfSession(session));
  }

  #close(socket: WebSocket, reason: Disconnect): void {
    close(socket, reason);
    this.left(socket);
  }
}

/** Sends the gathered replies as one frame. */
function flush(socket: WebSocket, replies: Reply[]): void {
  if (replies.length > 0) send(socket, writeFrame(replies.splice(0)));
}
