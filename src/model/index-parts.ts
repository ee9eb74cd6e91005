// How the index of a source's jobs is divided: the object of the source, and parts by day and hash
// of the guid for days on which it has many new jobs.

import { shardOf } from "../kernel/shard.ts";
import { DAY, type Millis } from "../kernel/time.ts";

/** A day of a source whose new jobs go to parts, numbered from 1 to `parts`. */
export interface SpreadDay {
  /** Days since 1970, in UTC: that of the job's `createdAt`, whatever other clocks say. */
  readonly day: number;
  readonly parts: number;
}

/** One part of one day. */
export interface IndexPart {
  readonly day: number;
  readonly part: number;
}

/** The day of an instant. */
export const dayOf = (at: Millis): number => Math.floor(at / DAY);

/** When a day begins. */
export const startOfDay = (day: number): Millis => day * DAY;

/** The part that a job's row belongs to. */
export const partOf = (guid: string, parts: number): number => 1 + shardOf(guid, parts);
