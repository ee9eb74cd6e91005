// How much an account keeps, and when the next look at it is due.

import { backoffWait, type Backoff } from "../kernel/backoff.ts";
import { DAY, HOUR, MINUTE, SECOND, type Millis } from "../kernel/time.ts";

/** Most events in an account's log: at about 1 KB each 10 MB of an object's 10 GB, and more than any client resumes across. */
export const MAX_LOG = 10_000;

/** Events past `MAX_LOG` (or past their age) that are let be before a trim: a trim costs an alarm, so it must be worth it. */
export const TRIM_SLACK = 1_000;

/** How long an event stays in the log, and how long a webhook sent again is recognised (contract, section 3). */
export const LOG_RETENTION: Millis = 3 * DAY;

/** How long an event may outlive `KEEP`, so that one alarm trims an hour's worth. */
export const LOG_RETENTION_SLACK: Millis = 1 * HOUR;

/** Most rows deleted by one alarm. */
export const TRIM_BATCH = 2_000;

/** The extent of a log: offsets of its oldest and newest rows and when the oldest was written; `null` when it is empty. */
export type Extent = {
  readonly oldest: number;
  readonly newest: number;
  readonly oldestAt: Millis;
} | null;

/** When a log is to be trimmed; `null` when nothing ever has to be. */
export function trimDue(extent: Extent): Millis | null {
  if (extent === null) return null;
  const count = extent.newest - extent.oldest + 1;
  return count > MAX_LOG + TRIM_SLACK ? 0 : extent.oldestAt + LOG_RETENTION + LOG_RETENTION_SLACK;
}

/** The newest offset that the count alone makes too old; below `oldest` when there is none. */
export const surplusUpTo = (extent: Exclude<Extent, null>): number => extent.newest - MAX_LOG;

/** Waits between tries to hand an event to a subscriber's object. */
const OUTBOX_BACKOFF: Backoff = { first: 1 * SECOND, longest: 5 * MINUTE };

/** When a hand-over that failed `failures` times (at least once) is tried again. */
export const retryAt = (now: Millis, failures: number): Millis =>
  now + backoffWait(OUTBOX_BACKOFF, failures);

/** How long a hand-over under way is nobody else's: longer than a call between objects ever takes. */
export const DRAIN_LEASE: Millis = 1 * MINUTE;

/** Hand-overs of one alarm. */
export const DRAIN_BATCH = 50;

/** How soon a fan that could not be reached is tried again, unless an event comes first. */
export const FAN_RETRY: Millis = 5 * SECOND;

/** How soon an alarm that failed is tried again. */
export const ALARM_RETRY: Millis = 10 * SECOND;

/** Most jobs in an account's snapshot: what a page shows, about 100 KB. */
export const SNAPSHOT_JOBS = 100;

/** Newest log entries among which an announced attempt is looked for before it is added: a repeated call follows within seconds. */
export const MAX_RECENT_IDS = 256;
