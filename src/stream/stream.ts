// The decisions of a stream: who may open it, its first frames, the frame of an event, a page.

import { fromBase64, fromUtf8, toBase64Url, utf8 } from "../kernel/bytes.ts";
import { mayOpenJob, type Grant } from "./auth/tokens.ts";
import { MAX_READ_CHARACTERS, readBounded } from "./bounded-read.ts";
import { writeCursor, type Position } from "./cursor.ts";
import type { EventFrame, Frame, Page } from "./frames.ts";
import type { LogEntry, Snapshot, StreamLog } from "./log.ts";
import { locate, MAX_REPLAY, recover } from "./recovery.ts";

/** What the Worker asks of the object that owns a stream, after it has checked the token. */
export interface StreamOpen {
  readonly grant: Grant;
  readonly channels: readonly string[];
  readonly since: string | null;
  /** The subprotocol to answer an upgrade with. */
  readonly protocol: string | null;
  /** True where the client sends back the probes that show how much it has read. */
  readonly probes?: boolean;
}

/** What the Worker asks when a client polls. */
export interface PageQuery extends StreamOpen {
  /** Most items, at least 1. */
  readonly limit: number;
  /** Asks a job for what it recorded beside its log; granted to the admin token only. */
  readonly recorded?: boolean;
  /** Number of the last record that the caller has; records after it are answered. */
  readonly recordedSince?: number;
}

/**
 * The internal header of an upgrade that the Worker sends to an object. It never comes from
 * outside: the Worker makes the whole request.
 */
export const OPEN_HEADER = "x-jobrelay-open";

/** Writes the header. Headers hold Latin-1 only, and guids may hold more, hence base64url. */
export const writeStreamOpen = (open: StreamOpen): string =>
  toBase64Url(utf8(JSON.stringify(open)));

/** Reads the header; `null` when the request does not come from the Worker. */
export function readStreamOpen(header: string | null): StreamOpen | null {
  const bytes = header === null ? null : fromBase64(header);
  return bytes === null ? null : (JSON.parse(fromUtf8(bytes)) as StreamOpen);
}

/**
 * True when the caller may see the job. Only the job itself can decide this, since its path names
 * no account.
 */
export const admits = (open: StreamOpen, account: string, guid: string): boolean =>
  mayOpenJob(open.grant, account, guid);

/**
 * Where a reader without a cursor starts. "first" also means that a plain `seq` is a cursor, since
 * the offsets of a job's log are its `seq`.
 */
export type Start = "first" | "now";

/** The frame of an event, on the broadest of the subscribed channels; `null` when it is on none. */
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
    ...(entry.job && { job: entry.job }),
  };
}

const framesOf = (
  entries: readonly LogEntry[],
  channels: readonly string[],
  epoch: string,
): readonly EventFrame[] => entries.flatMap((entry) => frameOf(entry, channels, epoch) ?? []);

/** Most characters of a replay, and of a snapshot of several jobs. */
interface FirstBounds {
  readonly replay: number;
  readonly snapshot: number;
}

const NO_FIRST_BOUNDS = { replay: MAX_READ_CHARACTERS, snapshot: MAX_READ_CHARACTERS };

/**
 * What a new socket is sent before live events: the hello, then what it missed; and how many
 * characters of events were read for it.
 */
export function readInitialFrames(
  log: StreamLog,
  open: Pick<StreamOpen, "since" | "channels">,
  start: Start,
  bounds: FirstBounds = NO_FIRST_BOUNDS,
): { readonly frames: readonly Frame[]; readonly characters: number } {
  const { since, channels } = open;
  const epoch = log.epoch();
  const request = { since, channels, seq: start === "first" };
  const recovery = recover(request, log, MAX_REPLAY, bounds.replay);
  const { characters } = recovery;
  if (recovery.kind === "snapshot") {
    const cursor = writeCursor({ epoch, offset: log.bounds().last });
    const snapshot = withinSnapshot(log.snapshot(channels), bounds.snapshot);
    return { frames: [{ type: "hello", cursor, recovered: false, snapshot }], characters };
  }
  const position = { epoch, offset: recovery.after };
  return { frames: resumedFrames(position, recovery.entries, channels), characters };
}

/** A snapshot with as many of its newest jobs as fit into so many characters. */
function withinSnapshot(snapshot: Snapshot, characters: number): Snapshot {
  if (!("jobs" in snapshot) || characters >= MAX_READ_CHARACTERS) return snapshot;
  let left = characters;
  const jobs = snapshot.jobs.filter((job) => {
    left = left < 0 ? left : left - JSON.stringify(job).length;
    return left >= 0;
  });
  return { ...snapshot, jobs };
}

/** What a socket is sent that continues at `position`; `entries` are those after it. */
export const resumedFrames = (
  position: Position,
  entries: readonly LogEntry[],
  channels: readonly string[],
): readonly Frame[] => [
  { type: "hello", cursor: writeCursor(position), recovered: true },
  ...framesOf(entries, channels, position.epoch),
];

/** A page, and how many characters of events were read for it. */
interface PageRead {
  readonly page: Page;
  readonly characters: number;
}

/**
 * Answers a poll. Without a cursor a job starts at its first event and an account at now. A cursor
 * that cannot be continued starts over in the same way with `reset: true`; an account then adds its
 * snapshot, since its past is not repeated. A page ends early at `characters`, and its cursor
 * continues there.
 */
export function readPage(
  log: StreamLog,
  query: Pick<PageQuery, "since" | "channels" | "limit">,
  start: Start,
  characters: number = MAX_READ_CHARACTERS,
): PageRead {
  const { since, channels, limit } = query;
  const epoch = log.epoch();
  const { first, last } = log.bounds();
  const located = locate({ since, channels, seq: start === "first" }, log);
  const reset = since !== null && located.kind === "lost";
  const after = located.kind === "at" ? located.after : start === "first" ? first - 1 : last;
  const { entries, ended, size } = readBounded(
    (previous, count) => log.read(previous?.offset ?? after, count, channels),
    { limit, characters },
  );
  // A page that is not full has read to the end of the log, past the events of other channels.
  const offset = ended ? last : (entries.at(-1)?.offset ?? last);
  const items = framesOf(entries, channels, epoch);
  const page = { items, cursor: writeCursor({ epoch, offset }), reset };
  return reset && start === "now"
    ? { page: { ...page, snapshot: log.snapshot(channels) }, characters: size }
    : { page, characters: size };
}
