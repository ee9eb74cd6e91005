// What one isolate has counted of a source's webhooks and not handed over yet.

import type { Outcomes, Rejection, Tally } from "../../model/messages.ts";
import type { Millis } from "../../kernel/time.ts";

/** Least time between two tallies of one source from one isolate: an object's call each second costs less than the webhooks it counts. */
export const TALLY_EVERY: Millis = 1_000;

/** Refused requests that one tally shows; the others are counted only. A stranger may send any number of them. */
export const MAX_TALLY_REJECTED = 20;

/** A tally that was promised for an instant so long ago never comes: the request that promised it was cut off. */
export const TALLY_LOST: Millis = 30_000;

/** What happened to a request; the record of a refused one is made only where there is room for it. */
export type IngestOutcome =
  | { readonly kind: "accepted" | "duplicate" | "ignored" }
  | { readonly kind: "refused"; readonly rejection: () => Rejection };

/** Counts so far, when the last tally left, and the instant that the next one is promised for; `null` while none is. */
export interface PendingTally {
  readonly tally: Tally;
  readonly leftAt: Millis | null;
  readonly promised: Millis | null;
}

const NONE: Outcomes = { accepted: 0, duplicate: 0, ignored: 0, refused: 0 };

const EMPTY: Tally = { counts: NONE, seenAt: null, rejected: [] };

/** Nothing counted yet. */
export const NOTHING_PENDING: PendingTally = { tally: EMPTY, leftAt: null, promised: null };

/** Counts one request. `wait` is the time until the tally is to leave, for the one request that has to see to it; else `null`. */
export function countOutcome(
  desk: PendingTally,
  word: IngestOutcome,
  now: Millis,
): { readonly desk: PendingTally; readonly wait: Millis | null } {
  const { counts, seenAt, rejected } = desk.tally;
  const tally: Tally = {
    counts: { ...counts, [word.kind]: counts[word.kind] + 1 },
    // A refused request may be anybody's.
    seenAt: word.kind === "refused" ? seenAt : now,
    rejected:
      word.kind === "refused" && rejected.length < MAX_TALLY_REJECTED
        ? [...rejected, word.rejection()]
        : rejected,
  };
  if (desk.promised !== null && now - desk.promised < TALLY_LOST)
    return { desk: { ...desk, tally }, wait: null };
  const promised = Math.max(now, (desk.leftAt ?? Number.NEGATIVE_INFINITY) + TALLY_EVERY);
  return { desk: { ...desk, tally, promised }, wait: promised - now };
}

/** Takes what was counted; the desk is empty afterwards. */
export const takePending = (
  desk: PendingTally,
  now: Millis,
): { readonly desk: PendingTally; readonly tally: Tally } => ({
  desk: { tally: EMPTY, leftAt: now, promised: null },
  tally: desk.tally,
});
