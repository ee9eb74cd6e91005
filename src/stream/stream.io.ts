// The stream of one log, inside the object that owns the log.

import { now as clock } from "../kernel/clock.io.ts";
import type { Millis } from "../kernel/time.ts";
import { MAX_READ_CHARACTERS } from "./bounded-read.ts";
import type { Closing, Frame, Page } from "./frames.ts";
import { MAX_SOCKETS } from "./limits.ts";
import type { LogEntry, StreamLog } from "./log.ts";
import { ConnectionLimit } from "./sockets/connection-limit.io.ts";
import { Sockets } from "./sockets/sockets.io.ts";
import { OBJECT_WORK, COMMAND_COST, WorkAllowance } from "./sockets/work-allowance.ts";
import {
  readInitialFrames,
  readPage,
  type StreamOpen,
  type PageQuery,
  type Start,
} from "./stream.ts";

/**
 * The stream of one log. Its owner makes it in the constructor, passes on upgrades (`accept`),
 * appended entries after their commit (`broadcast`), messages (`message`) and closed sockets
 * (`left`), and counts `nextDeadline` among its deadlines.
 */
export class Stream {
  readonly #log: StreamLog;
  readonly #start: Start;
  readonly #sockets: Sockets;
  /** What all viewers may have read. */
  readonly #work = new WorkAllowance(OBJECT_WORK, clock());

  constructor(
    ctx: DurableObjectState,
    log: StreamLog,
    start: Start,
    limit: ConnectionLimit = new ConnectionLimit(ctx, MAX_SOCKETS),
  ) {
    this.#log = log;
    this.#start = start;
    this.#sockets = new Sockets(ctx, { limit });
  }

  /**
   * Accepts an upgrade (101), or answers 429. There is no `await` between reading what was missed
   * and accepting, so no event is lost between the two.
   */
  accept(open: StreamOpen): Response {
    return this.#sockets.accept(open, (characters) => this.initialFrames(open, characters));
  }

  /**
   * The first frames of a viewer, of so many characters at most. While much was read, a shorter
   * replay than else leads to a snapshot, which is made once for many.
   */
  initialFrames(
    open: Pick<StreamOpen, "since" | "channels">,
    most: number = MAX_READ_CHARACTERS,
  ): readonly Frame[] {
    const replay = Math.min(most, this.#work.readable(clock()));
    const bounds = { replay, snapshot: most };
    const { frames, characters } = readInitialFrames(this.#log, open, this.#start, bounds);
    this.#work.spend(characters + COMMAND_COST);
    return frames;
  }

  /**
   * Closes the slowest readers while too much is on its way. True then: who comes now is not sent
   * much.
   */
  closeSlowest(): boolean {
    return this.#sockets.closeSlowest();
  }

  /** Sends committed entries to every open socket that subscribed to them. */
  broadcast(entries: readonly LogEntry[]): void {
    const last = entries.at(-1);
    if (last !== undefined)
      this.#sockets.broadcast(entries, { epoch: this.#log.epoch(), offset: last.offset });
  }

  /** Answers a poll, with fewer events than asked for while much was read. */
  page(query: Pick<PageQuery, "since" | "channels" | "limit">): Page {
    const { page, characters } = readPage(
      this.#log,
      query,
      this.#start,
      Math.min(MAX_READ_CHARACTERS, this.#work.readable(clock())),
    );
    this.#work.spend(characters + COMMAND_COST);
    return page;
  }

  /** Reads a client's message. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#sockets.message(socket, data);
  }

  /** Forgets a socket that has closed. Without this call it is dropped when it is next read. */
  left(socket: WebSocket): void {
    this.#sockets.left(socket);
  }

  /** The earliest end of a token among the open sockets; `null` without one. */
  nextDeadline(): Millis | null {
    return this.#sockets.nextDeadline();
  }

  /** Closes the sockets whose token has ended. */
  expire(now: Millis): void {
    this.#sockets.expire(now);
  }

  /** Closes every socket, as when the job is erased. */
  end(closing: Closing): void {
    this.#sockets.end(closing);
  }
}
