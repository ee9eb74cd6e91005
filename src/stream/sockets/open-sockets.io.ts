// The open sockets of an object that carry one tag: their channels, and when each has to be closed.

import { earliest } from "../../durable/alarm.ts";
import type { Millis } from "../../kernel/time.ts";
import { ChannelIndex } from "./channel-index.ts";
import { isOpen } from "./socket.io.ts";

/** What is known of every socket. */
export interface SocketState {
  readonly channels: readonly string[];
  /** When the socket is closed, as when its token ends; `null` for never. */
  readonly expires: Millis | null;
}

/** Which sockets there are, and how the state of one is read from its attachment. */
interface OpenSocketsOptions<State extends SocketState> {
  readonly tag: string;
  readonly stateOf: (socket: WebSocket) => State;
}

/** The open sockets under one tag. Attachments are read once per wake, and again at each alarm. */
export class OpenSockets<State extends SocketState> {
  readonly #ctx: DurableObjectState;
  readonly #options: OpenSocketsOptions<State>;
  #index: ChannelIndex<WebSocket, State> | null = null;
  /**
   * The earliest `expires`; `undefined` until it is computed after a wake. It may be earlier than
   * the truth, never later.
   */
  #deadline: Millis | null | undefined;

  constructor(ctx: DurableObjectState, options: OpenSocketsOptions<State>) {
    this.#ctx = ctx;
    this.#options = options;
  }

  /** Adds a socket, or notes its next state. The caller writes the attachment. */
  set(socket: WebSocket, state: State): void {
    this.#index?.set(socket, state);
    if (this.#deadline !== undefined) this.#deadline = earliest(this.#deadline, state.expires);
  }

  /**
   * Forgets a socket that has closed. One that closed unnoticed is dropped when it is next read.
   */
  delete(socket: WebSocket): void {
    this.#index?.delete(socket);
  }

  /** The sockets on a channel. */
  on(channel: string): Iterable<readonly [WebSocket, State]> {
    return this.#read().on(channel);
  }

  /** Every socket. */
  all(): Iterable<readonly [WebSocket, State]> {
    return this.#read().all();
  }

  /** The earliest `expires` of the open sockets; `null` without one. */
  nextDeadline(): Millis | null {
    if (this.#deadline === undefined)
      this.#deadline = earliest(...[...this.all()].map(([, { expires }]) => expires));
    return this.#deadline;
  }

  /** The sockets that have to be closed by `now`. Reads all attachments again. */
  expired(now: Millis): readonly (readonly [WebSocket, State])[] {
    this.reload();
    return [...this.all()].filter(([, state]) => hasExpired(state, now));
  }

  /** Forgets what is in memory: the attachments are read again when they are next needed. */
  reload(): void {
    this.#index = null;
    this.#deadline = undefined;
  }

  #read(): ChannelIndex<WebSocket, State> {
    if (this.#index !== null) return this.#index;
    this.#index = new ChannelIndex(isOpen);
    for (const socket of this.#ctx.getWebSockets(this.#options.tag).filter(isOpen))
      this.#index.set(socket, this.#options.stateOf(socket));
    return this.#index;
  }
}

/** True when a socket has to be closed by `now`. */
export const hasExpired = ({ expires }: SocketState, now: Millis): boolean =>
  expires !== null && expires <= now;
