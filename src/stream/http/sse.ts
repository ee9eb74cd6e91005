// Server-sent events: how frames are written, when a reader is too slow, how long a stream lasts.

import { MINUTE, SECOND, type Millis } from "../../kernel/time.ts";

/** A comment this often keeps proxies from closing a silent stream: some do after 16 s. */
export const HEARTBEAT_INTERVAL: Millis = 15 * SECOND;

/** A comment line; readers skip it. */
export const COMMENT = ":\n\n";

/** Least and most wait that a client is told to reconnect after; spread, so that a deploy's clients come back one by one. */
const RETRY_FROM: Millis = 1 * SECOND;
const RETRY_TO: Millis = 5 * SECOND;

/** A stream is ended after this long, at random between the two, and resumed by its client: leaks stay bounded, load moves on after a deploy. */
const LIFE_FROM: Millis = 10 * MINUTE;
const LIFE_TO: Millis = 30 * MINUTE;

const between = (from: Millis, to: Millis, chance: number): Millis =>
  Math.round(from + (to - from) * chance);

/** The `retry:` field that opens a stream; `chance` in [0, 1). */
export const retryHint = (chance: number): string =>
  `retry: ${between(RETRY_FROM, RETRY_TO, chance)}\n\n`;

/** How long a stream lasts; `chance` in [0, 1). */
export const lifeOf = (chance: number): Millis => between(LIFE_FROM, LIFE_TO, chance);

/** Writes a frame, given as the JSON text that the object sent; JSON has no raw line break, so one `data:` line holds it. */
export function sseEvent(frame: string): string {
  const { type, cursor } = JSON.parse(frame) as { readonly type: string; readonly cursor: string };
  return `id: ${cursor}\nevent: ${type}\ndata: ${frame}\n\n`;
}

/** Bytes that may wait for a reader before it counts as behind: what a network holds anyway. */
export const QUEUE_TARGET = 64 * 1_024;

/** Bytes that may wait at all. A full replay of 1,000 events is 1–2 MB; beyond this a reader only costs memory. */
export const QUEUE_LIMIT = 4 * 1_024 * 1_024;

/** How long a reader may stay behind. */
export const MAX_TIME_BEHIND: Millis = 30 * SECOND;

/** A reader's state: keeping up, behind since an instant, or to be ended. */
export type Pressure =
  | { readonly kind: "flowing" }
  | { readonly kind: "behind"; readonly since: Millis }
  | { readonly kind: "end" };

/**
 * Judges a reader by the bytes that wait for it. Nothing is dropped, not even progress: a frame left out would be a hidden gap,
 * since the cursors after it skip it. A stream that ends instead is resumed from the last frame that arrived.
 */
export function pressureOf(before: Pressure, queued: number, now: Millis): Pressure {
  if (before.kind === "end" || queued > QUEUE_LIMIT) return { kind: "end" };
  if (queued <= QUEUE_TARGET) return { kind: "flowing" };
  const since = before.kind === "behind" ? before.since : now;
  return now - since >= MAX_TIME_BEHIND ? { kind: "end" } : { kind: "behind", since };
}

/** Headers of an event stream: nothing between may store, compress or collect it. */
export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;
