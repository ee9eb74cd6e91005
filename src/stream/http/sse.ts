// Server-sent events: how frames are written, when a reader is too slow, how long a stream lasts.

import { MINUTE, SECOND, type Millis } from "../../kernel/time.ts";

/** How often a comment is sent: some proxies close a stream that is silent for 16 s. */
export const HEARTBEAT_INTERVAL: Millis = 15 * SECOND;

/** A comment line; readers skip it. */
export const COMMENT = ":\n\n";

/**
 * Shortest wait before a client reconnects; spread, so that after a deploy not all come at once.
 */
const RETRY_FROM: Millis = 1 * SECOND;

/** Longest wait before a client reconnects. */
const RETRY_TO: Millis = 5 * SECOND;

/**
 * Shortest life of a stream. A stream ends at random between the two and its client resumes: leaks
 * stay bounded, and after a deploy the load moves to the new version.
 */
const LIFE_FROM: Millis = 10 * MINUTE;

/** Longest life of a stream. */
const LIFE_TO: Millis = 30 * MINUTE;

const between = (from: Millis, to: Millis, chance: number): Millis =>
  Math.round(from + (to - from) * chance);

/** The `retry:` field that opens a stream; `chance` in [0, 1). */
export const retryHint = (chance: number): string =>
  `retry: ${between(RETRY_FROM, RETRY_TO, chance)}\n\n`;

/** How long a stream lasts; `chance` in [0, 1). */
export const lifeOf = (chance: number): Millis => between(LIFE_FROM, LIFE_TO, chance);

/**
 * Writes a frame, given as the JSON text of the object; JSON has no raw line break, so one `data:`
 * line is enough.
 */
export function sseEvent(frame: string): string {
  const { type, cursor } = JSON.parse(frame) as { readonly type: string; readonly cursor: string };
  return `id: ${cursor}\nevent: ${type}\ndata: ${frame}\n\n`;
}

/**
 * Bytes that may wait for a reader before it counts as behind: as much as a network holds anyway.
 */
export const QUEUE_TARGET = 64 * 1_024;

/** Most bytes that may wait. A full replay of 1,000 events is 1–2 MB. */
export const QUEUE_LIMIT = 4 * 1_024 * 1_024;

/** How long a reader may stay behind. */
const MAX_TIME_BEHIND: Millis = 30 * SECOND;

/** A reader's state: reading as fast as events come, behind since an instant, or to be ended. */
export type Pressure =
  | { readonly kind: "flowing" }
  | { readonly kind: "behind"; readonly since: Millis }
  | { readonly kind: "end" };

/**
 * Decides a reader's state by the bytes that wait for it. No frame is dropped, not even progress:
 * that would be a hidden gap. A stream that ends is resumed from the last frame that arrived.
 */
export function pressureOf(before: Pressure, queued: number, now: Millis): Pressure {
  if (before.kind === "end" || queued > QUEUE_LIMIT) return { kind: "end" };
  if (queued <= QUEUE_TARGET) return { kind: "flowing" };
  const since = before.kind === "behind" ? before.since : now;
  return now - since >= MAX_TIME_BEHIND ? { kind: "end" } : { kind: "behind", since };
}

/** Headers of an event stream: no proxy may store, compress or buffer it. */
export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;
