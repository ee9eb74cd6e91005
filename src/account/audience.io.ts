// Everyone who watches an account: sockets with the relay's own frames, sockets that speak the
// Centrifugo protocol, fans, and pollers.

import { earliest } from "../durable/alarm.ts";
import type { Millis } from "../kernel/time.ts";
import { CENTRIFUGO_TAG, Centrifugo } from "../stream/centrifugo/connections.io.ts";
import type { PublicationLog } from "../stream/centrifugo/history.ts";
import { CENTRIFUGO_HEADER, readCentrifugoOpen } from "../stream/centrifugo/open.ts";
import { defaultChannels } from "../stream/channels.ts";
import type { Page } from "../stream/frames.ts";
import { HOME_SOCKETS, MAX_SOCKETS } from "../stream/limits.ts";
import type { LogEntry } from "../stream/log.ts";
import { allAfter, MAX_REPLAY } from "../stream/recovery.ts";
import { closeBack } from "../stream/sockets/closed-socket.io.ts";
import { ConnectionLimit } from "../stream/sockets/connection-limit.io.ts";
import { SnapshotCache } from "../stream/snapshot-cache.ts";
import { Stream } from "../stream/stream.io.ts";
import { OPEN_HEADER, readStreamOpen, type StreamOpen, type PageQuery } from "../stream/stream.ts";
import type { FanList } from "./fanout/fan-list.store.ts";
import { Fans } from "./fanout/fans.io.ts";
import type { InitialFrames } from "./fanout/fans.ts";
import type { LogRange } from "./fanout/log-range.ts";

/** What an audience needs of its account. */
interface AudienceOptions {
  readonly env: Env;
  readonly log: PublicationLog;
  readonly list: FanList;
  /** Arms the account's alarm after `nextDeadline` has changed. */
  readonly arm: () => void;
}

/** The audience of one account. */
export class Audience {
  readonly #ctx: DurableObjectState;
  readonly #account: string;
  readonly #stream: Stream;
  readonly #centrifugo: Centrifugo;
  readonly #limit: ConnectionLimit;
  readonly #fans: Fans;
  readonly #log: PublicationLog;
  readonly #snapshots: SnapshotCache;

  constructor(ctx: DurableObjectState, { env, log: stored, list, arm }: AudienceOptions) {
    this.#snapshots = new SnapshotCache(stored);
    const log: PublicationLog = {
      epoch: () => stored.epoch(),
      bounds: (channels) => stored.bounds(channels),
      read: (after, limit, channels) => stored.read(after, limit, channels),
      readBack: (before, limit, channels) => stored.readBack(before, limit, channels),
      snapshot: (channels) => this.#snapshots.of(channels),
    };
    this.#ctx = ctx;
    this.#account = ctx.id.name ?? "";
    this.#log = log;
    this.#limit = new ConnectionLimit(ctx, MAX_SOCKETS);
    this.#stream = new Stream(ctx, log, "now", this.#limit);
    this.#centrifugo = new Centrifugo(ctx, { env, log, limit: this.#limit });
    this.#fans = new Fans({ account: this.#account, env, log, list, arm });
  }

  /**
   * Accepts an upgrade (101) that the Worker asks for in a header of its own, and answers 404 to
   * any other request. From `HOME_SOCKETS` on, and while too much is on its way to others, viewers
   * are referred to the fans (421), and at the limit of all they are refused (429).
   */
  accept(headers: Headers): Response {
    const open = readStreamOpen(headers.get(OPEN_HEADER));
    if (open !== null) {
      const hasRoom = this.#limit.hasRoom(HOME_SOCKETS) && !this.#stream.closeSlowest();
      return hasRoom || !this.#fans.possible ? this.#stream.accept(open) : this.#fans.refer();
    }
    const centrifugo = readCentrifugoOpen(headers.get(CENTRIFUGO_HEADER));
    return centrifugo === null
      ? new Response(null, { status: 404 })
      : this.#centrifugo.accept(centrifugo);
  }

  /** Reads a client's message. */
  async message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (this.#ctx.getTags(socket).includes(CENTRIFUGO_TAG))
      await this.#centrifugo.message(socket, data);
    else this.#stream.message(socket, data);
  }

  /** Answers a client's close frame, and forgets the socket. */
  left(socket: WebSocket, code: number): void {
    closeBack(socket, code);
    this.#stream.left(socket);
    this.#centrifugo.left(socket);
  }

  /** Sends committed entries to everyone. Called after every change, without entries too. */
  broadcast(entries: readonly LogEntry[]): void {
    this.#snapshots.clear();
    this.#stream.broadcast(entries);
    this.#centrifugo.broadcast(entries);
    this.#fans.broadcast(entries);
  }

  /** Lets every fan forget the events of an erased job. Throws when one does not answer. */
  forget(source: string, guid: string): Promise<void> {
    return this.#fans.forget(source, guid);
  }

  /**
   * Answers the first frames of a fan's new viewer, of so many characters at most. From now on the
   * fan is sent every event.
   */
  openViewer(fan: number, sockets: number, open: StreamOpen, characters?: number): InitialFrames {
    this.#fans.addViewer(fan, sockets);
    return {
      epoch: this.#log.epoch(),
      last: this.#log.bounds().last,
      frames: this.#stream.initialFrames(open, characters),
    };
  }

  /** Answers everything after an offset; `null` where some of it is gone, or it is too much. */
  logAfter(epoch: string, after: number): LogRange | null {
    const channels = defaultChannels(this.#account);
    const { first, last } = this.#log.bounds(channels);
    if (epoch !== this.#log.epoch() || after < first - 1 || after > last) return null;
    const entries = allAfter(this.#log, { after, channels }, MAX_REPLAY);
    return entries === null ? null : { epoch, after, last, entries };
  }

  /** Sockets of the account itself and of its fans. */
  viewers(): number {
    return this.#limit.recount() + this.#fans.viewers();
  }

  /** Answers a poll. */
  page(query: PageQuery): Page {
    return this.#stream.page(query);
  }

  /** When the next socket has to be closed, or a fan to be tried again; `null` without one. */
  nextDeadline(): Millis | null {
    return earliest(
      this.#stream.nextDeadline(),
      this.#centrifugo.nextDeadline(),
      this.#fans.nextDeadline(),
    );
  }

  /** Closes the sockets that have to be closed, and calls the fans that did not answer. */
  expire(now: Millis): void {
    this.#stream.expire(now);
    this.#centrifugo.expire(now);
    this.#fans.retry(now);
  }
}
