// Holds the socket of a Centrifugo client in the Worker: verifies its token before an object is
// woken, pings it, and passes frames on to the account's object, which can hibernate meanwhile.

import { now as clock } from "../../kernel/clock.io.ts";
import { logError } from "../../kernel/log.io.ts";
import { randomFraction } from "../../kernel/random.io.ts";
import type { Result } from "../../kernel/result.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import type { Grant } from "../auth/tokens.ts";
import { closeBack } from "../sockets/closed-socket.io.ts";
import { close, send, type CloseReason } from "../sockets/socket.io.ts";
import { connectCommand, decideHandshake } from "./handshake.ts";
import { takePlace, type WaitingPlace } from "../sockets/waiting-clients.io.ts";
import {
  MAX_CONNECT_ERRORS,
  MAX_FRAME,
  MAX_WAITING_BYTES,
  PING_SECONDS,
  PONG_TIMEOUT,
  STALE_AFTER,
} from "./limits.ts";
import type { ClientFrame, Encoding, Frame } from "./encoding/encoding.ts";
import { frameSize, PING, writeFrame } from "./encoding/json.ts";
import { DISCONNECT, ERROR, type Command, type Disconnect } from "./protocol.ts";
import type { TokenCheck } from "./session.ts";
import {
  countCommands,
  countFrame,
  fullRate,
  isPingDue,
  notePing,
  notePong,
  NOTHING_SENT,
  type CommandRate,
  type Sent,
} from "./bounds/traffic.ts";

/** How long the Worker waits for a client. */
export interface BridgeTimes {
  readonly pingEvery: Millis;
  readonly pongWithin: Millis;
  readonly connectWithin: Millis;
}

/** The times of a Centrifugo server. */
const SERVER_TIMES: BridgeTimes = {
  pingEvery: PING_SECONDS * SECOND,
  pongWithin: PONG_TIMEOUT,
  connectWithin: STALE_AFTER,
};

/** What a bridge needs: the client's upgrade, how tokens are checked, how the object is reached. */
export interface BridgeDeps {
  readonly account: string;
  readonly encoding: Encoding;
  /** What the upgrade's own token opens; `null` when it had none. */
  readonly grant: Grant | null;
  readonly check: (token: string) => Promise<TokenCheck>;
  /** Opens a socket to the account's object, which is not accepted yet. */
  readonly open: (grant: Grant) => Promise<Result<WebSocket, Disconnect>>;
  readonly times?: BridgeTimes;
}

/** Accepts the Worker's end of a client's socket, and serves it until either side closes. */
export function serveClient(client: WebSocket, deps: BridgeDeps): void {
  const bridge = new Bridge(client, deps);
  // The close frame of the client is answered by `closeBack`, with a code.
  client.accept({ allowHalfOpen: true });
  bridge.listen();
}

class Bridge {
  readonly #client: WebSocket;
  readonly #deps: BridgeDeps;
  readonly #times: BridgeTimes;
  #object: WebSocket | null = null;
  /** Frames are handled in order, although a token and the object take time. */
  #turn: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #connectErrors = 0;
  #commandRate: CommandRate = fullRate(clock());
  #sent: Sent = NOTHING_SENT;
  #ended = false;
  readonly #place: WaitingPlace = takePlace();
  #connectTimer: ReturnType<typeof setTimeout>;
  #pingTimer: ReturnType<typeof setTimeout> | undefined;
  #pongTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: WebSocket, deps: BridgeDeps) {
    this.#client = client;
    this.#deps = deps;
    this.#times = deps.times ?? SERVER_TIMES;
    this.#connectTimer = setTimeout(() => this.#end(DISCONNECT.stale), this.#times.connectWithin);
    void this.#place.lost.then(() => this.#end(DISCONNECT.tooManyRequests));
  }

  listen(): void {
    this.#client.binaryType = "arraybuffer";
    this.#client.addEventListener("message", ({ data }) => this.#receive(data as Frame));
    this.#client.addEventListener("close", ({ code }) => {
      closeBack(this.#client, code);
      this.#left();
    });
    this.#client.addEventListener("error", () => this.#left());
  }

  #receive(data: Frame): void {
    // Whatever a client sends shows that it is there.
    clearTimeout(this.#pongTimer);
    this.#pongTimer = undefined;
    const size = frameSize(data);
    if (size > MAX_FRAME) return this.#end(DISCONNECT.tooBig);
    if (this.#object !== null && this.#deps.encoding.isPong(data)) {
      this.#sent = notePong(this.#sent);
      return;
    }
    this.#waitingBytes += size;
    if (this.#waitingBytes > MAX_WAITING_BYTES) return this.#end(DISCONNECT.tooManyRequests);
    this.#turn = this.#turn
      .then(() => this.#handle(data))
      .catch((error: unknown) => {
        logError("centrifugo.bridge_failed", error);
        this.#end(DISCONNECT.serverError);
      })
      .finally(() => {
        this.#waitingBytes -= size;
      });
  }

  async #handle(data: Frame): Promise<void> {
    if (this.#ended) return;
    const frame = this.#deps.encoding.read(data);
    if (!frame.ok) return this.#end(frame.fault);
    const { commands, text } = frame.value;
    const [decision, rate] = countCommands(this.#commandRate, commands.length, clock());
    this.#commandRate = rate;
    if (decision === "close") return this.#end(DISCONNECT.tooManyRequests);
    if (commands.some(({ kind }) => kind === "pong")) this.#sent = notePong(this.#sent);
    if (this.#object === null) await this.#connect(frame.value);
    else if (decision === "pass") send(this.#object, text);
    else this.#refuse(commands);
  }

  /** Answers the commands of a client that sends too many; the object does not learn of them. */
  #refuse(commands: readonly Command[]): void {
    const replies = commands.flatMap((command) =>
      "id" in command ? { id: command.id, error: ERROR.tooManyRequests } : [],
    );
    if (replies.length > 0) this.#show(writeFrame(replies));
  }

  /** Sends a frame to the client, or closes a client that does not read. */
  #show(text: string): void {
    const sent = countFrame(this.#sent, text.length);
    if (sent === null) return this.#end(DISCONNECT.slow);
    this.#sent = sent;
    this.#write(text);
    if (isPingDue(sent)) this.#sendPing();
  }

  #sendPing(): void {
    this.#sent = notePing(this.#sent);
    this.#write(PING);
  }

  /** Sends a frame, given in JSON, as the client reads it. */
  #write(text: string): void {
    send(this.#client, this.#deps.encoding.write(text));
  }

  /** Handles a frame of a client that has no connection to the object yet. */
  async #connect({ commands, text }: ClientFrame): Promise<void> {
    const { account, grant, check, open } = this.#deps;
    const sent = connectCommand(commands)?.token ?? null;
    const token = sent === null ? null : await check(sent);
    const decision = decideHandshake(commands, { account, grant, token, now: clock() });
    if (decision.kind === "close") return this.#end(decision.reason);
    if (decision.kind === "reply") {
      this.#write(writeFrame([decision.reply]));
      this.#connectErrors += 1;
      if (this.#connectErrors >= MAX_CONNECT_ERRORS) this.#end(DISCONNECT.tooManyRequests);
      return;
    }
    if (decision.kind === "wait" || this.#ended) return;
    this.#place.leave();
    const opened = await open(decision.grant);
    if (!opened.ok) return this.#end(opened.fault);
    this.#join(opened.value);
    send(opened.value, text);
  }

  /** Passes on what the object sends, and starts the pings. */
  #join(object: WebSocket): void {
    clearTimeout(this.#connectTimer);
    object.addEventListener("message", ({ data }) => this.#show(String(data)));
    // A socket that breaks without a code belonged to an object that is gone, as at a deploy.
    object.addEventListener("close", ({ code, reason }) =>
      this.#end(code >= 1_000 && code !== 1_005 && code !== 1_006 ? { code, reason } : SHUTDOWN),
    );
    object.addEventListener("error", () => this.#end(SHUTDOWN));
    object.accept();
    if (this.#ended) return close(object, LEFT);
    this.#object = object;
    // The first ping comes early, by chance, so that clients of one deploy are not pinged at once.
    const { pingEvery } = this.#times;
    this.#pingTimer = setTimeout(() => this.#ping(), pingEvery * (1 + randomFraction()) * 0.5);
  }

  #ping(): void {
    const { pingEvery, pongWithin } = this.#times;
    this.#sendPing();
    this.#pongTimer ??= setTimeout(() => this.#end(DISCONNECT.noPong), pongWithin);
    this.#pingTimer = setTimeout(() => this.#ping(), pingEvery);
  }

  /** Closes the client's socket, and with it the connection. */
  #end(reason: CloseReason): void {
    if (this.#ended) return;
    close(this.#client, reason);
    this.#left();
  }

  /** Closes the socket to the object, after the client's. */
  #left(): void {
    this.#ended = true;
    this.#place.leave();
    clearTimeout(this.#connectTimer);
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#pongTimer);
    if (this.#object !== null) close(this.#object, LEFT);
    this.#object = null;
  }
}

const SHUTDOWN: CloseReason = DISCONNECT.shutdown;

/** How the Worker closes its own socket to the object. */
const LEFT: CloseReason = { code: 1_000, reason: "" };
