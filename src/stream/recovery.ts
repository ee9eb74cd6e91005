// Resuming: from a cursor to either every event after it, or the news that this is not possible. Never something between.

import { readCursor, readSeq } from "./cursor.ts";
import type { LogEntry, StreamLog } from "./log.ts";
import { MAX_READ_CHARACTERS, readBounded } from "./bounded-read.ts";

/**
 * Most events replayed to one socket. A thousand events of about 1 KB are sent in one turn; a client that is further
 * behind is better served by one snapshot, and a thousand clients that come back at once stay affordable.
 */
export const MAX_REPLAY = 1_000;

/** Why a log cannot be continued from where the client is. */
export type Loss = "no-cursor" | "unreadable" | "other-epoch" | "trimmed" | "ahead" | "too-far";

/** A place in the log from which nothing is missing, or the reason why there is none. */
export type Place =
  | { readonly kind: "at"; readonly after: number }
  | { readonly kind: "lost"; readonly reason: Loss };

const lost = (reason: Loss): Place => ({ kind: "lost", reason });

/** Finds the client's place. `seq` allows a plain number in place of a cursor, as a job's paths do. */
export function locate(
  since: string | null,
  log: Pick<StreamLog, "epoch" | "bounds">,
  seq: boolean,
): Place {
  if (since === null) return lost("no-cursor");
  const plain = seq ? readSeq(since) : null;
  const position = plain === null ? readCursor(since) : { epoch: log.epoch(), offset: plain };
  if (position === null) return lost("unreadable");
  if (position.epoch !== log.epoch()) return lost("other-epoch");
  const { first, last } = log.bounds();
  if (position.offset > last) return lost("ahead");
  if (position.offset < first - 1) return lost("trimmed");
  return { kind: "at", after: position.offset };
}

/** What a resumed stream begins with. */
export type Recovery =
  | { readonly kind: "replay"; readonly after: number; readonly entries: readonly LogEntry[] }
  | { readonly kind: "snapshot"; readonly reason: Loss };

/** What is asked of a log: where from, which channels. */
export interface ResumeRequest {
  readonly since: string | null;
  readonly channels: readonly string[];
  /** True where a plain `seq` is accepted. */
  readonly seq: boolean;
}

/** Everything after an offset, on any of `channels`; `null` when that is more than `limit` events or `room` characters. */
export function allAfter(
  log: Pick<StreamLog, "read">,
  { after, channels }: { readonly after: number; readonly channels: readonly string[] },
  limit: number,
  room: number = MAX_READ_CHARACTERS,
): readonly LogEntry[] | null {
  const bound = { limit: limit + 1, room };
  const { entries, ended } = readBounded(
    (last, count) => log.read(last?.offset ?? after, count, channels),
    bound,
  );
  return ended && entries.length <= limit ? entries : null;
}

/** Decides between replay and snapshot: all of at most `limit` events and `room` characters, or none. */
export function recover(
  request: ResumeRequest,
  log: StreamLog,
  limit: number,
  room: number = MAX_READ_CHARACTERS,
): Recovery {
  const place = locate(request.since, log, request.seq);
  if (place.kind === "lost") return { kind: "snapshot", reason: place.reason };
  const entries = allAfter(log, { after: place.after, channels: request.channels }, limit, room);
  return entries === null
    ? { kind: "snapshot", reason: "too-far" }
    : { kind: "replay", after: place.after, entries };
}
