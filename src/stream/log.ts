// What a stream needs to know of a log, so that a job and an account share one implementation.

import type { JobSnapshot, RelayEvent } from "../model/event.ts";
import type { JobRest } from "../model/reduce.ts";

/** One event at its offset in a log. */
export interface LogEntry {
  /** Counts the log's events from 1, without a gap and without a repeat. */
  readonly offset: number;
  /** Every channel of the event, the broadest first. */
  readonly channels: readonly string[];
  readonly event: RelayEvent;
  /** What the event does not say of its job; absent where it is about none. */
  readonly job?: JobRest;
}

/** The offsets that a log still holds; an empty log has `first` = `last` + 1. */
export interface Bounds {
  /** The oldest offset from which on nothing is missing: events may be trimmed, or erased. */
  readonly first: number;
  /** The newest offset that was ever assigned. */
  readonly last: number;
}

/** An account as its stream shows it: at most 100 jobs of the subscribed channels, newest first. */
export interface AccountSnapshot {
  readonly account: string;
  readonly jobs: readonly JobSnapshot[];
}

/** The current state of what a stream shows. */
export type Snapshot = JobSnapshot | AccountSnapshot;

/** A log that a stream can show. No method waits. */
export interface StreamLog {
  /** Names this life of the log (lower-case hex). A log that starts over gets another one. */
  epoch(): string;
  /** The bounds as `channels` show them; without channels those of the log as a whole. */
  bounds(channels?: readonly string[]): Bounds;
  /** The entries after `after` on any of `channels`, oldest first, at most `limit`. */
  read(after: number, limit: number, channels: readonly string[]): readonly LogEntry[];
  /** The current state of what `channels` show. */
  snapshot(channels: readonly string[]): Snapshot;
}
