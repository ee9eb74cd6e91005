// When the new jobs of a source are too many for one object, and over how many parts they go then.

import { SECOND, type Millis } from "../../kernel/time.ts";
import type { IndexPart } from "../../model/index-parts.ts";

/**
 * Parts of one day. At 5,000 new jobs a second each gets 234 calls a second with a row each, of
 * some 300 that an object writes without haste.
 */
export const PARTS_PER_DAY = 64;

/** New jobs are counted in windows of this length. */
export const BUSY_WINDOW: Millis = 5 * SECOND;

/**
 * New jobs of one window after which others go to parts: 100 a second are some 300 calls a second.
 * Fewer stay together, so that the list of a quiet source is one call.
 */
export const BUSY_NEW_JOBS = 500;

/** New jobs of the window under way. */
export interface NewJobs {
  readonly startedAt: Millis;
  readonly count: number;
}

/** None were counted yet. */
export const NO_NEW_JOBS: NewJobs = { startedAt: Number.NEGATIVE_INFINITY, count: 0 };

/** The count after one more new job. */
export const withNewJob = ({ startedAt, count }: NewJobs, now: Millis): NewJobs =>
  now - startedAt < BUSY_WINDOW && now >= startedAt
    ? { startedAt, count: count + 1 }
    : { startedAt: now, count: 1 };

/** True while so many new jobs come that the next ones go to parts. */
export const isBusy = ({ startedAt, count }: NewJobs, now: Millis): boolean =>
  count >= BUSY_NEW_JOBS && now - startedAt < BUSY_WINDOW;

/** Parts that one page of a list reads at most; a day is read as a whole. */
export const MAX_PARTS_PER_PAGE = 3 * PARTS_PER_DAY;

/** A day, and its parts that hold jobs. */
export interface DayParts {
  readonly day: number;
  readonly parts: readonly number[];
}

/** Days that a list has to read beside the object of the source, newest first. */
export interface DaysOfList {
  readonly days: readonly DayParts[];
  /** The next day, of which nothing may be listed yet; `null` when there is none. */
  readonly nextDay: number | null;
}

/** Whole days out of parts in their order, as many as a page reads, and at least one. */
export function daysOfPage(parts: readonly IndexPart[], most = MAX_PARTS_PER_PAGE): DaysOfList {
  const days: DayParts[] = [];
  let read = 0;
  for (const [day, ofDay] of Map.groupBy(parts, (one) => one.day)) {
    read += ofDay.length;
    if (read > most && days.length > 0) return { days, nextDay: day };
    days.push({ day, parts: ofDay.map(({ part }) => part) });
  }
  return { days, nextDay: null };
}
