// What a Centrifugo client reads of the log: the start of a subscription, a history page, a
// publication.

import { writeJson } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import type { RelayEvent } from "../../model/event.ts";
import { readBounded } from "../bounded-read.ts";
import { writeCursor, type Position } from "../cursor.ts";
import type { LogEntry, Snapshot, StreamLog } from "../log.ts";
import { MAX_REPLAY, recover } from "../recovery.ts";
import { MAX_HISTORY } from "./limits.ts";

/** A log that can be read in both directions. */
export interface PublicationLog extends StreamLog {
  /** The entries before `before` on any of `channels`, newest first, at most `limit`. */
  readBack(before: number, limit: number, channels: readonly string[]): readonly LogEntry[];
}

/**
 * One event on one channel. Offsets grow; those of other channels' events are missing between them.
 */
interface PublicationMessage {
  readonly data: RelayEvent;
  readonly offset: number;
}

/**
 * How a subscription begins (`SubscribeResult`). `data` is the snapshot, where nothing was
 * recovered and the channel shows jobs.
 */
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

/** A history page (`HistoryResult`); `offset` is the newest of the log. */
export interface HistoryResult {
  readonly publications: readonly PublicationMessage[];
  readonly epoch: string;
  readonly offset: number;
}

const publicationOf = ({ event, offset }: LogEntry): PublicationMessage => ({
  data: event,
  offset,
});

/** The push of an entry to the subscribers of `channel`, as text. */
export const pushOf = (channel: string, entry: LogEntry): string =>
  writeJson({ push: { channel, pub: publicationOf(entry) } });

/** An answer and its size in characters. */
interface Sized<T> {
  readonly result: T;
  readonly size: number;
}

const sizeOf = (value: unknown): number => JSON.stringify(value).length;

/** The epoch of a position; an absent one matches any, as for Centrifugo. */
const epochOf = ({ epoch }: Position, log: Pick<StreamLog, "epoch">): string =>
  epoch === "" ? log.epoch() : epoch;

/** Where a subscription is to start: after a position, or now. */
interface SubscriptionStart {
  readonly since: Position | null;
  /** Most characters of what was missed. */
  readonly budget: number;
}

/**
 * Starts a subscription to `channel`: after `since` if everything that was missed is there and
 * within the budget, else now.
 */
export function startSubscription(
  log: PublicationLog,
  channel: string,
  { since, budget }: SubscriptionStart,
): Sized<SubscribeResult> {
  const now = {
    recoverable: true,
    positioned: true,
    epoch: log.epoch(),
    offset: log.bounds().last,
  } as const;
  const missed = since === null ? null : missedSince(log, channel, { since, budget });
  const size = missed === null ? 0 : sizeOf(missed);
  if (since === null || missed === null || (size > budget && missed.length > 0)) {
    const fresh = since === null ? now : ({ ...now, was_recovering: true } as const);
    // The channels of delivery attempts and account messages have no snapshot, and where the budget
    // is gone, a client that begins many subscriptions at once gets no more.
    if (!channel.startsWith("export") || budget <= 0) return { result: fresh, size: 0 };
    const data = log.snapshot([channel]);
    return { result: { ...fresh, data }, size: sizeOf(data) };
  }
  const recovered = { ...now, was_recovering: true, recovered: true } as const;
  if (missed.length === 0) return { result: recovered, size };
  // With publications the offset is the one asked for: each publication advances the client's own
  // (centrifuge-js, `_setSubscribed`).
  return { result: { ...recovered, offset: since.offset, publications: missed }, size };
}

/** Everything on the channel after `since`; `null` when some of it is gone, or it is too much. */
function missedSince(
  log: PublicationLog,
  channel: string,
  { since, budget }: { readonly since: Position; readonly budget: number },
): readonly PublicationMessage[] | null {
  const cursor = writeCursor({ ...since, epoch: epochOf(since, log) });
  const request = { since: cursor, channels: [channel], seq: false };
  const recovery = recover(request, log, MAX_REPLAY, budget);
  return recovery.kind === "replay" ? recovery.entries.map(publicationOf) : null;
}

/** Which page of a channel's history is asked for; `since` itself is not part of the answer. */
interface HistoryQuery {
  readonly channel: string;
  readonly since: Position | null;
  readonly limit: number;
  readonly reverse: boolean;
}

/**
 * Reads a page of a channel's history, or answers that the log does not reach back that far. The
 * page ends early at `budget` characters.
 */
export function readHistory(
  log: PublicationLog,
  query: HistoryQuery,
  budget: number,
): Result<Sized<HistoryResult>, "unrecoverable"> {
  const { channel, since, reverse } = query;
  const { first, last } = log.bounds();
  const epoch = log.epoch();
  // A page claims no continuity: events that were erased are simply not part of it, and after a
  // position beyond the end there are none.
  if (since !== null && (epochOf(since, log) !== epoch || since.offset < first - 1))
    return fault("unrecoverable");
  const limit = query.limit < 0 ? MAX_HISTORY : Math.min(query.limit, MAX_HISTORY);
  const read = (previous: LogEntry | undefined, count: number): readonly LogEntry[] =>
    reverse
      ? log.readBack(previous?.offset ?? since?.offset ?? last + 1, count, [channel])
      : log.read(previous?.offset ?? since?.offset ?? first - 1, count, [channel]);
  const { entries } = readBounded(read, { limit, characters: budget });
  const publications = entries.map(publicationOf);
  const size = publications.reduce((sum, publication) => sum + sizeOf(publication), 0);
  return ok({ result: { publications, epoch, offset: last }, size });
}
