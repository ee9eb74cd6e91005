// How much an account keeps, how long, and how often it retries.

import { backoffWait, type Backoff } from "../kernel/backoff.ts";
import { DAY, HOUR, MINUTE, SECOND, type Millis } from "../kernel/time.ts";

/**
 * Most events in an account's log: about 10 MB at 1 KB each, and more than any client resumes
 * across.
 */
export const MAX_LOG = 10_000;

/** How many events past `MAX_LOG` start a trim: a trim costs an alarm, so it has to remove many. */
const TRIM_SLACK = 1_000;

/**
 * How long an event stays in the log, and a repeated webhook is recognised.
 */
export const LOG_RETENTION: Millis = 3 * DAY;

/** How long an event may outlive `LOG_RETENTION`, so that one alarm trims an hour of events. */
const LOG_RETENTION_SLACK: Millis = 1 * HOUR;

/**
 * Most characters of events that one statement writes together. As strings inside JSON each takes
 * three bytes at most: 1.5 MB, below the 2 MB of a bound text (Durable Objects, limits, 2026-11).
 */
export const MAX_TOGETHER_CHARACTERS = 500_000;

/** Most rows deleted by one alarm. */
export const TRIM_BATCH = 2_000;

/**
 * The offsets of a log's oldest and newest rows, and when the oldest was written; `null` when it is
 * empty.
 */
export type Extent = {
  readonly oldest: number;
  readonly newest: number;
  readonly oldestAt: Millis;
} | null;

/** The extent of a log after a row was appended at `offset`. */
export const extended = (extent: Extent, offset: number, at: Millis): Extent => ({
  oldest: extent?.oldest ?? offset,
  newest: offset,
  oldestAt: extent?.oldestAt ?? at,
});

/** When a log has to be trimmed; `null` for an empty one. */
export function trimDue(extent: Extent): Millis | null {
  if (extent === null) return null;
  const count = extent.newest - extent.oldest + 1;
  return count > MAX_LOG + TRIM_SLACK ? 0 : extent.oldestAt + LOG_RETENTION + LOG_RETENTION_SLACK;
}

/** The newest offset that is beyond `MAX_LOG`; below `oldest` when there is none. */
export const surplusUpTo = (extent: Exclude<Extent, null>): number => extent.newest - MAX_LOG;

/** Waits between tries to send an event to a subscriber's object. */
const OUTBOX_BACKOFF: Backoff = { first: 1 * SECOND, longest: 5 * MINUTE };

/** When an outbox entry that failed `failures` times (at least once) is tried again. */
export const retryAt = (now: Millis, failures: number): Millis =>
  now + backoffWait(OUTBOX_BACKOFF, failures);

/** How long an outbox entry is leased: longer than a call between objects takes. */
export const DRAIN_LEASE: Millis = 1 * MINUTE;

/** Most outbox entries that one alarm sends. */
export const DRAIN_BATCH = 50;

/**
 * Characters and bytes of outbox entries after which one alarm reads no more: each has 2.5 MB at
 * most, and an isolate has 128 MB.
 */
export const MAX_DRAIN_SIZE = 8_000_000;

/**
 * Most bytes of a dispatch and of a raw body that share a row. The row holds 2 MB, names and
 * numbers included (Durable Objects, limits, 2026-11).
 */
export const MAX_SHARED_ROW = 1_500_000;

/** How soon a fan that did not answer is called again, unless an event comes first. */
export const FAN_RETRY: Millis = 5 * SECOND;

/** How soon an alarm that failed is tried again. */
export const ALARM_RETRY: Millis = 10 * SECOND;

/** Most jobs in an account's snapshot: what a page shows, about 100 KB. */
export const SNAPSHOT_JOBS = 100;

/**
 * Most jobs that one search by status or source looks at: some 15 ms. A page that ends there is
 * continued by its cursor.
 */
export const MAX_EXAMINED_JOBS = 5_000;

/**
 * Newest log entries among which a repeated delivery attempt is recognised: repeats follow within
 * seconds.
 */
export const MAX_RECENT_IDS = 256;
