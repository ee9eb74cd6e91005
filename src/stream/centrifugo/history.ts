// What a Centrifugo client is shown of the log: a subscription's beginning, a page of the past, one publication.

import type { RelayEvent } from "../../model/event.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { writeCursor, type Position } from "../cursor.ts";
import type { LogEntry, Snapshot, StreamLog } from "../log.ts";
import { MAX_HISTORY } from "./limits.ts";
import { readBounded } from "../bounded-read.ts";
import { locate, MAX_REPLAY, recover } from "../recovery.ts";

/** A log that can be read in both directions. */
export interface PublicationLog extends StreamLog {
  /** The entries before `before` on any of `channels`, newest first, at most `limit`. */
  readBack(before: number, limit: number, channels: readonly string[]): readonly LogEntry[];
}

/** One event on one channel. Offsets grow, and skip those that the log gave to other channels' events. */
export interface PublicationMessage {
  readonly data: RelayEvent;
  readonly offset: number;
}

/** How a subscription begins (`SubscribeResult`). `data` is the state where nothing was recovered and the channel shows jobs. */
export interface SubscribeResult {
  readonly recoverable: true;
  readonly positioned: true;
  readonly epoch: string;
  readonly offset: number;
  readonly was_recovering?: true;
  readonly recovered?: true;
  readonly publications?: readonly PublicationMessage[];
  readonly data?: Snapshot;
}

/** A page of the past (`HistoryResult`); `offset` is the newest of the log. */
export interface HistoryResult {
  readonly publications: readonly PublicationMessage[];
  readonly epoch: string;
  readonly offset: number;
}

const publicationOf = ({ event, offset }: LogEntry): PublicationMessage => ({
  data: event,
  offset,
});

/** The push of an entry to a subscriber of `channel`, as text. */
export const pushOf = (channel: string, entry: LogEntry): string =>
  JSON.stringify({ push: { channel, pub: publicationOf(entry) } });

/** An answer and the characters that it takes. */
export interface Sized<T> {
  readonly result: T;
  readonly size: number;
}

const sizeOf = (value: unknown): number => JSON.stringify(value).length;

/** The begin of a subscription to `channel`: after `since` if all of what was missed is there and fits `room` characters, else now. */
export function startSubscription(
  log: PublicationLog,
  channel: string,
  place: { readonly since: Position | null; readonly room: number },
): Sized<SubscribeResult> {
  const { since, room } = place;
  const now = {
    recoverable: true,
    positioned: true,
    epoch: log.epoch(),
    offset: log.bounds().last,
  } as const;
  const missed = since === null ? null : missedSince(log, channel, { since, room });
  const size = missed === null ? 0 : sizeOf(missed);
  if (since === null || missed === null || (size > room && missed.length > 0)) {
    const fresh = since === null ? now : ({ ...now, was_recovering: true } as const);
    // Delivery attempts and account messages have no state to show.
    if (!channel.startsWith("export")) return { result: fresh, size: 0 };
    const data = log.snapshot([channel]);
    return { result: { ...fresh, data }, size: sizeOf(data) };
  }
  const recovered = { ...now, was_recovering: true, recovered: true } as const;
  if (missed.length === 0) return { result: recovered, size };
  // The position recovered from: each publication moves the client's on (centrifuge-js, `_setSubscribed`).
  return { result: { ...recovered, offset: since.offset, publications: missed }, size };
}

/** Everything on the channel after `since`; `null` when that is not known, or too much. A position without an epoch names no log. */
function missedSince(
  log: PublicationLog,
  channel: string,
  { since, room }: { readonly since: Position; readonly room: number },
): readonly PublicationMessage[] | null {
  const recovery = recover(
    { since: writeCursor(since), channels: [channel], seq: false },
    log,
    MAX_REPLAY,
    room,
  );
  return recovery.kind === "replay" ? recovery.entries.map(publicationOf) : null;
}

/** What is asked of the past; `since` itself is not part of the answer. */
export interface HistoryQuery {
  readonly channel: string;
  readonly since: Position | null;
  readonly limit: number;
  readonly reverse: boolean;
}

/** A page of a channel's past, or the news that the log does not reach that far. The page ends early where `room` characters do. */
export function readHistory(
  log: PublicationLog,
  query: HistoryQuery,
  room: number,
): Result<Sized<HistoryResult>, "unrecoverable"> {
  const { channel, since, reverse } = query;
  const { first, last } = log.bounds();
  const epoch = log.epoch();
  // An absent epoch means any: a page claims no continuity.
  if (
    since !== null &&
    locate(writeCursor({ ...since, epoch: since.epoch || epoch }), log, false).kind === "lost"
  )
    return fault("unrecoverable");
  const limit = query.limit < 0 ? MAX_HISTORY : Math.min(query.limit, MAX_HISTORY);
  const read = (previous: LogEntry | undefined, count: number): readonly LogEntry[] =>
    reverse
      ? log.readBack(previous?.offset ?? since?.offset ?? last + 1, count, [channel])
      : log.read(previous?.offset ?? since?.offset ?? first - 1, count, [channel]);
  const publications = readBounded(read, { limit, room }).entries.map(publicationOf);
  const size = publications.reduce((sum, publication) => sum + sizeOf(publication), 0);
  return ok({ result: { publications, epoch, offset: last }, size });
}
