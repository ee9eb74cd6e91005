// Cursors: a position in one life of one log. They are opaque to clients.

import { fromBase64, fromUtf8, toBase64Url, utf8 } from "../kernel/bytes.ts";

/** A position in a log: its holder knows everything up to and including `offset`. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Longest cursor that is read, in characters; the relay's own stay under 50. */
const MAX_CURSOR = 128;

/** An epoch is hex; an offset is a whole number without leading zeros and below 2^53. */
const POSITION = /^([0-9a-f]{1,32})\.(0|[1-9]\d{0,15})$/;

/** Writes a position as a text that is safe in a URL and in an SSE `id:`. */
export const writeCursor = (position: Position): string =>
  toBase64Url(utf8(`${position.epoch}.${position.offset}`));

/** Reads a cursor; `null` for any other text, whose sender gets a snapshot instead of an error. */
export function readCursor(cursor: string): Position | null {
  if (cursor.length > MAX_CURSOR) return null;
  const bytes = fromBase64(cursor);
  if (bytes === null) return null;
  const [, epoch, offset] = POSITION.exec(fromUtf8(bytes)) ?? [];
  if (epoch === undefined || offset === undefined || !Number.isSafeInteger(Number(offset)))
    return null;
  return { epoch, offset: Number(offset) };
}

/** Reads a plain `seq`, which a job's streams accept as a cursor; `null` for anything else. */
export const readSeq = (text: string): number | null =>
  /^\d{1,15}$/.test(text) ? Number(text) : null;
