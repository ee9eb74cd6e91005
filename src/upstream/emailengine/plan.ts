// Which exports are looked at next, and by which requests.

import { MINUTE, SECOND, type Millis } from "../../kernel/time.ts";
import { backoffWait } from "../../kernel/backoff.ts";
import { RETRY } from "../record.ts";
import type { StoredWatch } from "../upstream.store.ts";
import type { ListedExport } from "./export-status.ts";

/**
 * When something that was begun is begun again, if nothing became of it: longer than a request and
 * the calls after it take. An object that ends meanwhile is woken by that.
 */
export const LEASE: Millis = 20 * SECOND;

/**
 * Requests of one run: with the calls of jobs they stay below the 50 that a free plan's invocation
 * may make (Workers, limits, 2026-10).
 */
export const MAX_REQUESTS = 40;

/** Lists of one run: looks at single exports come in every run, however many accounts there are. */
export const MAX_LISTS = 20;

/** Exports of one account from which on its list is asked first: it says which of them wait. */
export const LIST_FROM = 3;

/** Exports, or accounts, that fail in a row before the instance itself is left alone. */
const FAILURES_OF_ALL = 3;

/** True when so many failures, of so many that are polled, are the instance's. */
export const areOfAll = (failures: number, polled: number): boolean =>
  failures >= Math.min(FAILURES_OF_ALL, polled);

/** How long an export that EmailEngine does not know may be awaited. */
const UNKNOWN_GRACE: Millis = MINUTE;

/** True while EmailEngine need not know an export yet. */
export const isAwaited = ({ since }: StoredWatch, now: Millis): boolean =>
  now - since < UNKNOWN_GRACE;

/** Exports that one source polls at most. */
export const MAX_WATCHED = 10_000;

/** Accounts whose lists may be wanted at once because a webhook named them. */
export const MAX_WANTED = 1_000;

/** An export in memory. */
export interface Watched extends StoredWatch {
  /** When it is looked at next. */
  readonly due: Millis;
  /** What was last taken in of it; `null` before. */
  readonly key: string | null;
  /** The most messages it had done. */
  readonly done: number;
  /** True when EmailEngine said last that it waits. */
  readonly isQueued: boolean;
  /** Looks in a row that came to nothing. */
  readonly failures: number;
}

/** An export that was not looked at yet. */
export const newWatched = (stored: StoredWatch, now: Millis): Watched => ({
  ...stored,
  due: now,
  key: null,
  done: 0,
  isQueued: false,
  failures: 0,
});

/** An export of which a look came to nothing; `chance` in [0, 1) is the jitter. */
export function later(one: Watched, every: Millis, now: Millis, chance: number): Watched {
  const failures = one.failures + 1;
  const wait = Math.max(every, backoffWait(RETRY, failures) * chance);
  return { ...one, failures, due: now + Math.round(wait) };
}

/** The exports that are due, the longest first. */
export const dueExports = (watched: Iterable<Watched>, now: Millis): readonly Watched[] =>
  [...watched].filter(({ due }) => due <= now).toSorted((left, right) => left.due - right.due);

/** True for an export that waits still, and of which that was said already. */
export const waitsStill = (watched: Watched, listed: ListedExport | undefined): boolean =>
  watched.isQueued && listed?.status === "queued";

/** Exports of a list that run and are not polled yet. */
export const unwatched = (
  listed: readonly ListedExport[],
  isWatched: (exportId: string) => boolean,
): readonly ListedExport[] =>
  listed.filter(
    ({ exportId, status }) =>
      (status === "queued" || status === "processing") && !isWatched(exportId),
  );

/** When the next export is due; `null` without any. */
export function nextDue(watched: Iterable<Watched>): Millis | null {
  let first: Millis | null = null;
  for (const { due } of watched) if (first === null || due < first) first = due;
  return first;
}
