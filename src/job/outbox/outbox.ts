// Which of a job's events each destination still lacks: the event log is the outbox.

import { backoffWait, type Backoff } from "../../kernel/backoff.ts";
import type { Millis } from "../../kernel/time.ts";
import type { Destination } from "./destinations.ts";
import { withRoutes, type ShardMove } from "./shards.ts";

/**
 * How far each destination got, by the `seq` of events; stored as JSON in the newest event's row.
 */
export interface Watermarks {
  /** Every destination has everything up to this `seq`. */
  readonly all: number;
  /** Destinations, by name, that have more than `all` says. */
  readonly ahead: Readonly<Partial<Record<string, number>>>;
  /** Drains in a row that failed for some destination. */
  readonly failures: number;
  /** When to try again; `null` when nothing failed. */
  readonly retryAt: Millis | null;
  /** Names of the destinations of replays: an erasure has to reach them, too. */
  readonly replayed?: readonly string[];
  /**
   * Names of the subscribers that events were meant for, with the shard that is used now last;
   * absent in rows of earlier versions.
   */
  readonly reached?: readonly string[];
  /** Changes of a shard that have not ended. */
  readonly moves?: readonly ShardMove[];
  /** Amended events that were not sent yet, oldest first. */
  readonly amended?: readonly AmendedEvent[];
  /** The part of its day's index that has the job; absent while that is the source's object. */
  readonly part?: number;
}

/** An event that was amended after it was stored. */
export interface AmendedEvent {
  readonly seq: number;
  /** Marks its deliveries to those that had it before; unique per amendment. */
  readonly replay: string;
  /** Names of the subscribers that it is meant for since the amendment only. */
  readonly first: readonly string[];
}

/** The watermarks of a job that no drain has seen. */
export const NO_WATERMARKS: Watermarks = { all: 0, ahead: {}, failures: 0, retryAt: null };

/** Another object is away for seconds, not hours; it is this Worker itself, so trying is cheap. */
const DRAIN_BACKOFF: Backoff = { first: 500, longest: 60_000 };

/**
 * When the alarm looks for events that no drain has taken, in case the object stops before its
 * drain ends. As long as a progress window, so most running jobs need the alarm at that instant
 * anyway.
 */
export const DRAIN_WATCHDOG: Millis = 5_000;

/** When the outbox needs the alarm: `last` is the job's `seq`. */
export function drainAt(watermarks: Watermarks, last: number, now: Millis): Millis | null {
  const { all, amended = [], moves = [] } = watermarks;
  const isDone = all >= last && amended.length === 0 && moves.length === 0;
  return isDone ? null : (watermarks.retryAt ?? now + DRAIN_WATCHDOG);
}

/** Of a new job it is known whom it reached: nobody. */
export const NEW_JOB: Watermarks = { ...NO_WATERMARKS, reached: [] };

/** An event's `seq` and its destinations. */
export interface Outgoing {
  readonly seq: number;
  readonly to: readonly Destination[];
}

/** The events that one destination lacks, in order. */
export interface Lack<T> {
  readonly destination: Destination;
  readonly events: readonly T[];
}

/** What each destination lacks of `events`; those that lack nothing are left out. */
export function undelivered<T extends Outgoing>(
  watermarks: Watermarks,
  events: readonly T[],
): readonly Lack<T>[] {
  const lacks = new Map<string, { destination: Destination; events: T[] }>();
  for (const event of events) {
    for (const destination of event.to) {
      if (event.seq <= (watermarks.ahead[destination.name] ?? watermarks.all)) continue;
      const lack = lacks.get(destination.name) ?? { destination, events: [] };
      lack.events.push(event);
      lacks.set(destination.name, lack);
    }
  }
  return [...lacks.values()];
}

/**
 * The outcome of one drain: names of those that took all they lacked up to `last`, and the rest.
 */
export interface DrainOutcome {
  readonly last: number;
  readonly took: readonly string[];
  readonly failed: readonly string[];
}

/**
 * The watermarks after a drain. A destination that fails holds back no other and is tried again.
 */
export function afterDrain(before: Watermarks, drained: DrainOutcome, now: Millis): Watermarks {
  if (drained.failed.length === 0)
    return { ...before, all: drained.last, ahead: {}, failures: 0, retryAt: null };
  const ahead: Record<string, number | undefined> = { ...before.ahead };
  for (const name of drained.took) ahead[name] = drained.last;
  const failures = before.failures + 1;
  const retryAt = now + backoffWait(DRAIN_BACKOFF, failures);
  return { ...before, ahead, failures, retryAt };
}

/** The watermarks before a replay to `names`; the same object when it reaches nobody new. */
export function beforeReplay(before: Watermarks, names: readonly string[]): Watermarks {
  const known = new Set(before.replayed);
  const added = names.filter((name) => !known.has(name));
  return added.length === 0 ? before : { ...before, replayed: [...known, ...added] };
}

/** The watermarks after an amendment was stored. */
export function withAmended(before: Watermarks, amended: AmendedEvent): Watermarks {
  return { ...before, amended: [...(before.amended ?? []), amended] };
}

/** The watermarks after the oldest amendment was sent, or was not. */
export function afterAmendment(before: Watermarks, wasSent: boolean, now: Millis): Watermarks {
  if (wasSent)
    return { ...before, amended: (before.amended ?? []).slice(1), failures: 0, retryAt: null };
  return afterFault(before, now);
}

/**
 * The watermarks before an event for `to` is stored; the same object when it reaches nobody new.
 */
export function withReached(before: Watermarks, to: readonly Destination[]): Watermarks {
  if (before.reached === undefined) return before;
  const { reached, moves } = withRoutes(before.reached, to);
  if (reached === before.reached) return before;
  return moves.length === 0
    ? { ...before, reached }
    : { ...before, reached, moves: [...(before.moves ?? []), ...moves] };
}

/** The watermarks after shards were changed. */
export function afterMoves(before: Watermarks, done: ReadonlySet<string>): Watermarks {
  const moves = (before.moves ?? []).filter(({ id }) => !done.has(id));
  return done.size === 0 ? before : { ...before, moves };
}

/** The watermarks of a job whose row is in a part of its index; `undefined` changes nothing. */
export const inPart = (before: Watermarks, part: number | undefined): Watermarks =>
  part === undefined || part === before.part ? before : { ...before, part };

/** The watermarks after something failed that is no event. */
export const afterFault = (before: Watermarks, now: Millis): Watermarks => {
  const failures = before.failures + 1;
  return { ...before, failures, retryAt: now + backoffWait(DRAIN_BACKOFF, failures) };
};

/** Most events of one page: what is read, sent in one call, and marked at once. */
export const MAX_PAGE_EVENTS = 100;

/**
 * Most characters of envelopes and bytes of raw bodies in one page: an RPC message holds 32 MiB,
 * and a character may take three bytes.
 */
export const MAX_PAGE_CHARACTERS = 4_000_000;

/** The first page of `events`, at least one; reads one event beyond the page at most. */
export function firstPage<T extends { readonly size: number }>(events: Iterable<T>): readonly T[] {
  const page: T[] = [];
  let room = MAX_PAGE_CHARACTERS;
  for (const event of events) {
    if (page.length === MAX_PAGE_EVENTS || (page.length > 0 && event.size > room)) break;
    page.push(event);
    room -= event.size;
  }
  return page;
}
