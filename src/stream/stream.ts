// A stream without its sockets: who may open it, what a new one is told first, which frame an event makes, what a poll is answered.

import { fromBase64, fromUtf8, toBase64Url, utf8 } from "../kernel/bytes.ts";
import { writeCursor, type Position } from "./cursor.ts";
import type { EventFrame, Frame, Page } from "./frames.ts";
import type { LogEntry, StreamLog } from "./log.ts";
import { MAX_READ_CHARACTERS, readBounded } from "./bounded-read.ts";
import { locate, MAX_REPLAY, recover } from "./recovery.ts";
import { mayOpenJob, type Grant } from "./auth/tokens.ts";

/** What the Worker, having checked the token, asks of the object that owns a stream. */
export interface StreamOpen {
  readonly grant: Grant;
  readonly channels: readonly string[];
  readonly since: string | null;
  /** The subprotocol to answer an upgrade with. */
  readonly protocol: string | null;
}

/** What the Worker asks when a client polls. */
export interface PageQuery extends StreamOpen {
  /** Most items, at least 1. */
  readonly limit: number;
  /** Asks a job for what it recorded beside its log; granted to the admin token only. */
  readonly recorded?: boolean;
}

/** The internal header of an upgrade that the Worker sends to an object. Never taken from outside: the Worker makes the whole request. */
export const OPEN_HEADER = "x-jobrelay-open";

/** Writes an `Open` for the header: a header holds no text beyond Latin-1, guids may. */
export const writeStreamOpen = (open: StreamOpen): string =>
  toBase64Url(utf8(JSON.stringify(open)));

/** Reads an `Open` from the header; `null` when the request does not come from the Worker. */
export function readStreamOpen(header: string | null): StreamOpen | null {
  const bytes = header === null ? null : fromBase64(header);
  return bytes === null ? null : (JSON.parse(fromUtf8(bytes)) as StreamOpen);
}

/** True when a job may be shown to those who ask: the one decision that only the job can make, since its path names no account. */
export const admits = (open: StreamOpen, account: string, guid: string): boolean =>
  mayOpenJob(open.grant, account, guid);

/** Where a reader without a cursor starts, which also decides whether a plain `seq` is a cursor: a job's log is its `seq`. */
export type Start = "first" | "now";

/** The frame of an event for one subscription: one frame, on the broadest subscribed channel; `null` when it is on none. */
export function frameOf(
  entry: LogEntry,
  channels: readonly string[],
  epoch: string,
): EventFrame | null {
  const channel = entry.channels.find((name) => channels.includes(name));
  if (channel === undefined) return null;
  return {
    type: "event",
    channel,
    cursor: writeCursor({ epoch, offset: entry.offset }),
    event: entry.event,
  };
}

const framesOf = (
  entries: readonly LogEntry[],
  channels: readonly string[],
  epoch: string,
): readonly EventFrame[] => entries.flatMap((entry) => frameOf(entry, channels, epoch) ?? []);

/** What a new socket is sent before anything live: the hello, then what it missed. */
export function initialFrames(
  log: StreamLog,
  open: Pick<StreamOpen, "since" | "channels">,
  start: Start,
  room: number = MAX_READ_CHARACTERS,
): readonly Frame[] {
  const { since, channels } = open;
  const epoch = log.epoch();
  const recovery = recover({ since, channels, seq: start === "first" }, log, MAX_REPLAY, room);
  if (recovery.kind === "snapshot") {
    const cursor = writeCursor({ epoch, offset: log.bounds().last });
    return [{ type: "hello", cursor, recovered: false, snapshot: log.snapshot(channels) }];
  }
  return resumedFrames({ epoch, offset: recovery.after }, recovery.entries, channels);
}

/** What a socket is sent that continues at `place`, with `entries` after it. */
export const resumedFrames = (
  place: Position,
  entries: readonly LogEntry[],
  channels: readonly string[],
): readonly Frame[] => [
  { type: "hello", cursor: writeCursor(place), recovered: true },
  ...framesOf(entries, channels, place.epoch),
];

/**
 * Answers a poll. Without a cursor a job starts at its first event and an account at now. A cursor that cannot be continued
 * starts over the same way with `reset: true`; an account, whose past is not repeated then, adds its snapshot. A page ends
 * early where `room` characters do, and its cursor continues there.
 */
export function pageOf(
  log: StreamLog,
  query: Pick<PageQuery, "since" | "channels" | "limit">,
  start: Start,
  room: number = MAX_READ_CHARACTERS,
): Page {
  const { since, channels, limit } = query;
  const epoch = log.epoch();
  const { first, last } = log.bounds();
  const place = locate(since, log, start === "first");
  const reset = since !== null && place.kind === "lost";
  const after = place.kind === "at" ? place.after : start === "first" ? first - 1 : last;
  const bound = { limit, room };
  const { entries, ended } = readBounded(
    (previous, count) => log.read(previous?.offset ?? after, count, channels),
    bound,
  );
  // A page that is not full has seen the log to its end, the events of other channels included.
  const offset = ended ? last : (entries.at(-1)?.offset ?? last);
  const page = {
    items: framesOf(entries, channels, epoch),
    cursor: writeCursor({ epoch, offset }),
    reset,
  };
  return reset && start === "now" ? { ...page, snapshot: log.snapshot(channels) } : page;
}
