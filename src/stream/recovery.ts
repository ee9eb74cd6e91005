// Recovery: a cursor leads either to every event after it, or to a snapshot. Never to a part of
// them.

import { MAX_READ_CHARACTERS, readBounded } from "./bounded-read.ts";
import { readCursor, readSeq } from "./cursor.ts";
import type { LogEntry, StreamLog } from "./log.ts";

/**
 * Most events replayed to one socket. A thousand events of about 1 KB are sent in one turn; a
 * client that is further behind is better served by one snapshot, and a thousand clients that come
 * back at once stay affordable.
 */
export const MAX_REPLAY = 1_000;

/** Why a log cannot be continued from a cursor. */
export type Loss = "no-cursor" | "unreadable" | "other-epoch" | "trimmed" | "ahead" | "too-far";

/** An offset after which nothing is missing, or the reason why there is none. */
type Located =
  | { readonly kind: "at"; readonly after: number }
  | { readonly kind: "lost"; readonly reason: Loss };

const lost = (reason: Loss): Located => ({ kind: "lost", reason });

/** Finds the cursor of a request in the log. */
export function locate(
  { since, channels, seq }: ResumeRequest,
  log: Pick<StreamLog, "epoch" | "bounds">,
): Located {
  if (since === null) return lost("no-cursor");
  const plain = seq ? readSeq(since) : null;
  const position = plain === null ? readCursor(since) : { epoch: log.epoch(), offset: plain };
  if (position === null) return lost("unreadable");
  if (position.epoch !== log.epoch()) return lost("other-epoch");
  const { first, last } = log.bounds(channels);
  if (position.offset > last) return lost("ahead");
  if (position.offset < first - 1) return lost("trimmed");
  return { kind: "at", after: position.offset };
}

/** How a resumed stream begins, and how many characters of events were read to know it. */
type Recovery = { readonly characters: number } & (
  | { readonly kind: "replay"; readonly after: number; readonly entries: readonly LogEntry[] }
  | { readonly kind: "snapshot"; readonly reason: Loss }
);

/** What is asked of a log: the cursor and the channels. */
interface ResumeRequest {
  readonly since: string | null;
  readonly channels: readonly string[];
  /** True where a plain `seq` is accepted in place of a cursor, as on a job's paths. */
  readonly seq: boolean;
}

/** Where a log is read, and on which channels. */
interface LogRest {
  readonly after: number;
  readonly channels: readonly string[];
}

function readAfter(
  log: Pick<StreamLog, "read">,
  { after, channels }: LogRest,
  limit: number,
  characters: number,
): { readonly entries: readonly LogEntry[] | null; readonly size: number } {
  const { entries, ended, size } = readBounded(
    (last, count) => log.read(last?.offset ?? after, count, channels),
    { limit: limit + 1, characters },
  );
  return { entries: ended ? entries : null, size };
}

/**
 * Everything after an offset on any of `channels`; `null` when that is more than `limit` events or
 * many characters.
 */
export const allAfter = (
  log: Pick<StreamLog, "read">,
  rest: LogRest,
  limit: number,
): readonly LogEntry[] | null => readAfter(log, rest, limit, MAX_READ_CHARACTERS).entries;

/** Decides between a replay (all of at most `limit` events and `characters`) and a snapshot. */
export function recover(
  request: ResumeRequest,
  log: StreamLog,
  limit: number,
  characters: number = MAX_READ_CHARACTERS,
): Recovery {
  const located = locate(request, log);
  if (located.kind === "lost") return { kind: "snapshot", reason: located.reason, characters: 0 };
  const { after } = located;
  const { channels } = request;
  const { entries, size } = readAfter(log, { after, channels }, limit, characters);
  return entries === null
    ? { kind: "snapshot", reason: "too-far", characters: size }
    : { kind: "replay", after, entries, characters: size };
}
