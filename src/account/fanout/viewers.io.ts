// The viewers of a fan: accepts them at a position of the account's log, and sends them what
// follows.

import { logError } from "../../kernel/log.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { accountObject, fanOf } from "../../objects.ts";
import { MAX_READ_CHARACTERS } from "../../stream/bounded-read.ts";
import { CLOSE } from "../../stream/frames.ts";
import { FAN_SOCKETS, FAN_TAIL } from "../../stream/limits.ts";
import { ConnectionLimit } from "../../stream/sockets/connection-limit.io.ts";
import { MAX_FIRST_WHEN_FULL } from "../../stream/sockets/in-flight.ts";
import { Sockets } from "../../stream/sockets/sockets.io.ts";
import { resumedFrames, type StreamOpen } from "../../stream/stream.ts";
import {
  emptyRange,
  endOf,
  joinRanges,
  missedIn,
  newestOf,
  withoutJob,
  type LogRange,
} from "./log-range.ts";

/** What a fan keeps in memory to resume clients by itself. */
const TAIL_BOUNDS = { most: FAN_TAIL, characters: MAX_READ_CHARACTERS };

/** How often the account is asked for a viewer's first frames, when newer events overtake them. */
const MAX_OPENINGS = 3;

/** The viewers of one fan, whose object is `ctx`. */
export class FanViewers {
  readonly #env: Env;
  readonly #name: { readonly account: string; readonly fan: number };
  readonly #limit: ConnectionLimit;
  readonly #sockets: Sockets;
  /**
   * The newest part of the log, from the position of the viewer that was sent least. `null` after a
   * wake, and without viewers: the account stops its calls then.
   */
  #recent: LogRange | null = null;
  /** Viewers whose first frames are on their way. */
  #opening = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    this.#env = env;
    this.#name = fanOf(ctx.id.name ?? "");
    this.#limit = new ConnectionLimit(ctx, FAN_SOCKETS);
    this.#sockets = new Sockets(ctx, { limit: this.#limit, tracksPositions: true });
  }

  /**
   * Accepts a viewer (101), or answers 429 at the limit and 503 where the account cannot be asked.
   */
  async accept(open: StreamOpen): Promise<Response> {
    // Before the account is asked for frames that nobody would be sent.
    if (!this.#limit.hasRoom()) return new Response(null, { status: 429 });
    this.#opening += 1;
    try {
      const isFull = this.#sockets.isFull(open.grant);
      const resumed = isFull ? null : this.#resume(open);
      return resumed ?? (await this.#open(open, isFull ? MAX_FIRST_WHEN_FULL : undefined));
    } catch (error) {
      logError("fan.opening_failed", error);
      return new Response(null, { status: 503 });
    } finally {
      this.#opening -= 1;
    }
  }

  /**
   * Sends the next range of the log to the viewers, and answers how many there are. Asks the
   * account for what is missing in between.
   */
  async show(range: LogRange): Promise<number> {
    this.#recent ??= emptyRange(
      this.#sockets.furthestBehind() ?? { epoch: range.epoch, offset: range.after },
    );
    if (!this.#join(range)) await this.#catchUp();
    this.#send();
    const viewers = this.#sockets.count() + this.#opening;
    if (viewers === 0) this.#recent = null;
    return viewers;
  }

  /** Forgets the events of an erased job, so that no client is sent them again. */
  forget(source: string, guid: string): void {
    if (this.#recent !== null) this.#recent = withoutJob(this.#recent, source, guid);
  }

  /** Reads a client's message. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#sockets.message(socket, data);
  }

  /** Forgets a socket that has closed. */
  left(socket: WebSocket): void {
    this.#sockets.left(socket);
  }

  /** The earliest end of a token among the viewers; `null` without one. */
  nextDeadline(): Millis | null {
    return this.#sockets.nextDeadline();
  }

  /** Closes the sockets whose token has ended. */
  expire(now: Millis): void {
    this.#sockets.expire(now);
  }

  /** Resumes a viewer from memory; `null` when that does not reach back to its cursor. */
  #resume(open: StreamOpen): Response | null {
    const missed = missedIn(this.#recent, open.since);
    if (this.#recent === null || missed === null) return null;
    const { position, entries } = missed;
    const frames = () => resumedFrames(position, entries, open.channels);
    return this.#sockets.accept(open, frames, endOf(this.#recent));
  }

  /**
   * Accepts a viewer with the first frames that the account answers, of so many characters at most.
   * The account calls this fan from then on.
   */
  async #open(open: StreamOpen, characters?: number): Promise<Response> {
    for (let opening = 0; opening < MAX_OPENINGS; opening += 1) {
      const { fan } = this.#name;
      const answer = await this.#account().openViewer(fan, this.#limit.open(), open, characters);
      const { epoch, last, frames } = answer;
      const position = { epoch, offset: last };
      this.#recent ??= emptyRange(this.#sockets.furthestBehind() ?? position);
      if (this.#recent.epoch !== epoch) this.#startOver(emptyRange(position));
      // What was sent to others during the call has to be in memory, so that this viewer gets it
      // too.
      if (last < this.#recent.after) continue;
      const response = this.#sockets.accept(open, () => frames, position);
      // Where every viewer is at one position there is nothing to send, and no socket is looked at.
      const behind = this.#recent.last !== last;
      if (this.#recent.last < last) await this.#catchUp();
      if (behind) this.#send();
      return response;
    }
    return new Response(null, { status: 503 });
  }

  #account(): ReturnType<typeof accountObject> {
    return accountObject(this.#env, this.#name.account);
  }

  #join(range: LogRange): boolean {
    const longer = this.#recent === null ? null : joinRanges(this.#recent, range);
    if (longer !== null) this.#recent = longer;
    return longer !== null;
  }

  /**
   * Asks the account for what is missing. Where that is gone, every viewer resumes by cursor. Never
   * throws.
   */
  async #catchUp(): Promise<void> {
    const known = this.#recent;
    if (known === null) return;
    try {
      const missing = await this.#account().logAfter(known.epoch, known.last);
      if (missing !== null && this.#join(missing)) return;
    } catch (error) {
      logError("fan.behind", error);
    }
    this.#startOver(null);
  }

  #startOver(range: LogRange | null): void {
    this.#sockets.end(CLOSE.behind);
    this.#recent = range;
  }

  #send(): void {
    if (this.#recent === null) return;
    this.#sockets.broadcast(this.#recent.entries, endOf(this.#recent));
    this.#recent = newestOf(this.#recent, TAIL_BOUNDS);
  }
}
