// Counts what became of a source's webhooks in one isolate, until the source's object is told.

import type { Outcomes, Rejection, Tally } from "../../model/messages.ts";
import { NO_LATENCY, reasonWord, withDuration, withNames } from "../../model/measures.ts";
import type { Millis } from "../../kernel/time.ts";

/**
 * Least time between two tallies of one source from one isolate: each is a call of an object. A
 * request waits so long after its answer at most (`waitUntil`, 30 s; Workers limits, 2026-11).
 */
export const TALLY_INTERVAL: Millis = 25_000;

/** The same for refused requests, which somebody may be looking at. */
export const REFUSED_INTERVAL: Millis = 1_000;

/**
 * Refused requests that one tally shows, and the first of each reason besides. A stranger may send
 * any number; the rest is counted.
 */
export const MAX_TALLY_REJECTED = 20;

/** A tally this late never comes: the request that was to send it was cut off. */
export const TALLY_LOST_AFTER: Millis = 30_000;

/**
 * What became of a request, and the names of the events that it led to; the record of a refused one
 * is made only when it is kept.
 */
export type IngestOutcome =
  | { readonly kind: "accepted" | "duplicate" | "ignored"; readonly events?: readonly string[] }
  | { readonly kind: "refused"; readonly reason: string; readonly rejection: () => Rejection };

/** What was counted since the last tally. */
export interface PendingTally {
  readonly tally: Tally;
  /** When the last tally was sent. */
  readonly sentAt: Millis | null;
  /** When the next one is to be sent; `null` while no request has to send it. */
  readonly due: Millis | null;
}

const NO_COUNTS: Outcomes = { accepted: 0, duplicate: 0, ignored: 0, refused: 0 };

const EMPTY = {
  counts: NO_COUNTS,
  seenAt: null,
  rejected: [],
  reasons: {},
  events: {},
  latency: NO_LATENCY,
} satisfies Tally;

/** Nothing counted yet. */
export const NOTHING_PENDING: PendingTally = { tally: EMPTY, sentAt: null, due: null };

/**
 * Counts one request that took `ms`. `wait` is the time until this request has to send the tally;
 * `null` when another request sends it.
 */
export function countOutcome(
  pending: PendingTally,
  outcome: IngestOutcome,
  now: Millis,
  ms: Millis,
): { readonly pending: PendingTally; readonly wait: Millis | null } {
  const {
    counts,
    seenAt,
    rejected,
    reasons = {},
    events = {},
    latency = NO_LATENCY,
  } = pending.tally;
  const word = outcome.kind === "refused" ? reasonWord(outcome.reason) : "";
  const tally: Tally = {
    counts: { ...counts, [outcome.kind]: counts[outcome.kind] + 1 },
    // A refused request may be anybody's.
    seenAt: outcome.kind === "refused" ? seenAt : now,
    rejected:
      outcome.kind === "refused" &&
      (rejected.length < MAX_TALLY_REJECTED || !Object.hasOwn(reasons, word))
        ? [...rejected, outcome.rejection()]
        : rejected,
    reasons: outcome.kind === "refused" ? withNames(reasons, [word]) : reasons,
    events: outcome.kind === "refused" ? events : withNames(events, outcome.events ?? []),
    latency: withDuration(latency, ms),
  };
  const interval = outcome.kind === "refused" ? REFUSED_INTERVAL : TALLY_INTERVAL;
  const due = Math.max(now, (pending.sentAt ?? Number.NEGATIVE_INFINITY) + interval);
  if (pending.due !== null && pending.due <= due && now - pending.due < TALLY_LOST_AFTER)
    return { pending: { ...pending, tally }, wait: null };
  return { pending: { ...pending, tally, due }, wait: due - now };
}

/** True when nothing was counted since the last tally. */
export const isEmpty = ({ tally }: PendingTally): boolean =>
  Object.values(tally.counts).every((count) => count === 0);

/** The tally to be sent, and what is pending afterwards: nothing. */
export const takeTally = (
  pending: PendingTally,
  now: Millis,
): { readonly pending: PendingTally; readonly tally: Tally } => ({
  pending: { tally: EMPTY, sentAt: now, due: null },
  tally: pending.tally,
});
