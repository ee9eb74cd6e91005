// Who still has to get which of a job's events: the event log is the outbox, a mark per destination says how far it got.

import { backoffWait, type Backoff } from "../../kernel/backoff.ts";
import type { Millis } from "../../kernel/time.ts";

/** An object that a job hands its events to, in order: its account, the index of its source, a subscriber's shard. */
export type Destination = "account" | "index" | `subscriber:${string}`;

/** How far each destination got. Stored as one row; written once per drain, not once per destination. */
export interface Watermarks {
  /** Every destination has everything up to this `seq`. */
  readonly all: number;
  /** Destinations that are further than `all`. */
  readonly ahead: Readonly<Partial<Record<Destination, number>>>;
  /** Drains in a row that left something undone. */
  readonly failures: number;
  /** When to try again; `null` when nothing failed. */
  readonly retryAt: Millis | null;
  /** Whom replays have told of the job; an erasure has to reach them, whatever the configuration says by then. */
  readonly replayed?: readonly Destination[];
}

export const NO_WATERMARKS: Watermarks = { all: 0, ahead: {}, failures: 0, retryAt: null };

/** Another object is away for seconds, not hours; it is this Worker itself, so trying is cheap. */
const DRAIN_BACKOFF: Backoff = { first: 500, longest: 60_000 };

/**
 * When to look after events that nobody took yet, should the object die before its drain ends. The alarm rings whether it died or
 * not; as long as a progress window, it coincides with the alarm that most running jobs need anyway.
 */
export const DRAIN_WATCHDOG: Millis = 5_000;

/** When the outbox needs the alarm: `last` is the job's `seq`. */
export function drainAt(handover: Watermarks, last: number, now: Millis): Millis | null {
  return handover.all >= last ? null : (handover.retryAt ?? now + DRAIN_WATCHDOG);
}

/** An event's `seq` and its destinations. */
export interface Outgoing {
  readonly seq: number;
  readonly to: readonly Destination[];
}

/** The `seq`s each destination still lacks, in order; destinations that lack nothing are left out. */
export function undelivered(
  handover: Watermarks,
  events: readonly Outgoing[],
): ReadonlyMap<Destination, readonly number[]> {
  const lacking = new Map<Destination, number[]>();
  for (const event of events) {
    for (const destination of event.to) {
      if (event.seq <= (handover.ahead[destination] ?? handover.all)) continue;
      const list = lacking.get(destination) ?? [];
      list.push(event.seq);
      lacking.set(destination, list);
    }
  }
  return lacking;
}

/** The outcome of one drain: which destinations took everything they lacked, up to `last`. */
export interface DrainOutcome {
  readonly last: number;
  readonly took: readonly Destination[];
  readonly failed: readonly Destination[];
}

/** The marks after a drain. One destination that fails holds back no other, and is not forgotten. */
export function afterDrain(before: Watermarks, drained: DrainOutcome, now: Millis): Watermarks {
  const { replayed } = before;
  const kept = replayed === undefined ? {} : { replayed };
  if (drained.failed.length === 0)
    return { all: drained.last, ahead: {}, failures: 0, retryAt: null, ...kept };
  const ahead: Partial<Record<Destination, number>> = { ...before.ahead };
  for (const destination of drained.took) ahead[destination] = drained.last;
  const wait = backoffWait(DRAIN_BACKOFF, before.failures + 1);
  return { all: before.all, ahead, failures: before.failures + 1, retryAt: now + wait, ...kept };
}

/** The marks before a replay to `destinations`; the same object when it tells nobody new. */
export function beforeReplay(before: Watermarks, destinations: readonly Destination[]): Watermarks {
  const known = new Set(before.replayed);
  const fresh = destinations.filter((destination) => !known.has(destination));
  return fresh.length === 0 ? before : { ...before, replayed: [...known, ...fresh] };
}

/** Most events of one page: what is read, handed over in one call, and marked at once. */
export const MAX_PAGE_EVENTS = 100;

/** Most characters of envelopes and bytes of raw bodies in one page: an RPC message holds 32 MiB, and a character may take three bytes. */
export const MAX_PAGE_CHARACTERS = 4_000_000;

/** The first page of what is left, reading one event too far at most; an event that is too large for any page travels alone. */
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
