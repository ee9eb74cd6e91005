// The default of every setting, with its unit and its reason.

import type { LogLevel } from "../kernel/log.io.ts";
import { DAY, HOUR, MINUTE, SECOND, type Millis } from "../kernel/time.ts";

/**
 * A progress bar that moves every 5 s looks live, and a job that reports each item calls a
 * subscriber 720 times an hour at most.
 */
export const THROTTLE: Millis = 5 * SECOND;

/**
 * Exports pause for minutes behind rate limits of the sites they read; after an hour of silence a
 * person should look.
 */
export const STALL_AFTER: Millis = HOUR;

/** A month: long enough for monthly reports and a late replay, short enough for small storage. */
export const RETENTION: Millis = 30 * DAY;

/** The skew that Standard Webhooks and Stripe accept: after 5 minutes a request is a replay. */
export const TOLERANCE: Millis = 5 * MINUTE;

/**
 * 1 MiB in bytes: about a hundred times the largest webhook of the three providers, and below the
 * 2 MB of a SQLite row.
 */
export const MAX_BODY = 1_048_576;

/** Inside the 15 to 30 s that Standard Webhooks recommends. */
export const TIMEOUT: Millis = 15 * SECOND;

/**
 * The retry schedule of Standard Webhooks: the waits before attempts 2 to 10, three days in all, so
 * that a subscriber may be down for a weekend.
 */
export const RETRY: readonly Millis[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Off: a subscriber gets what the source's own window lets through. */
export const SUBSCRIBER_THROTTLE: Millis = 0;

/** Deliveries at once; one invocation of a Worker may hold 6 outgoing connections (2026-11). */
export const CONCURRENCY = 4;

/** One object delivers some hundred events per second, more than most subscribers take. */
export const SHARDS = 1;

/** The events of a job make sense only in the order in which they happened. */
export const ORDER = "job";

/** The relay's own form of an event: the envelope. */
export const FORMAT = "envelope";

/** The account's page shows what was delivered unless the operator turns it off. */
export const ATTEMPT_EVENTS = true;

/** 5 GB: above any export of the three providers, and an endless body ends within minutes. */
export const MAX_ARCHIVE = 5_000_000_000;

/** One line per unit of work, none per step. */
export const LOG_LEVEL: LogLevel = "info";

/** Two exports of an account at once, each asked as often as a progress bar moves. */
export const POLL_EVERY: Millis = 5 * SECOND;
