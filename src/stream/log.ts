// What a stream needs to know about the log it shows, so that a job and an account share one stream.

import type { JobSnapshot, RelayEvent } from "../model/event.ts";

/** One event at its place in a log. */
export interface LogEntry {
  /** Counts the log's events from 1, without a gap and without a repeat. */
  readonly offset: number;
  /** Every channel the event is on, the broadest first. */
  readonly channels: readonly string[];
  readonly event: RelayEvent;
}

/** The offsets that a log still holds; an empty log has `first` = `last` + 1. */
export interface Bounds {
  /** The oldest offset from which nothing is missing. */
  readonly first: number;
  /** The newest offset ever given out. */
  readonly last: number;
}

/** The state of an account as its stream shows it: at most 100 jobs, newest first, of the subscribed channels only. */
export interface AccountSnapshot {
  readonly account: string;
  readonly jobs: readonly JobSnapshot[];
}

/** The current state of what a stream shows. */
export type Snapshot = JobSnapshot | AccountSnapshot;

/** A log that a stream can show. Every method reads in one go, without waiting. */
export interface StreamLog {
  /** Names this life of the log (lower-case hex): a log that starts over has another one, so old cursors do not match. */
  epoch(): string;
  bounds(): Bounds;
  /** The entries after `after` on any of `channels`, oldest first, at most `limit`. */
  read(after: number, limit: number, channels: readonly string[]): readonly LogEntry[];
  /** The current state, holding nothing that `channels` do not show. */
  snapshot(channels: readonly string[]): Snapshot;
}
