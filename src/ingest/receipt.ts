// What the sender of an accepted request is told.

import type { IngestAnswer, JobName } from "../model/messages.ts";

/** What became of one event of a request. `job` only where the event belongs to one. */
export type DispatchResult =
  | { readonly kind: "stored"; readonly answer: IngestAnswer; readonly job: JobName | null }
  | { readonly kind: "ignored"; readonly reason: string };

/** The body of a 202 (contract, section 3). */
export type Receipt =
  | {
      readonly result: "accepted" | "duplicate";
      readonly events: readonly string[];
      readonly job?: JobName;
    }
  | { readonly result: "ignored"; readonly reason: string };

/** One receipt for all events of a request: accepted when any was; `job` only when all stored ones belong to the same. */
export function receiptOf(taken: readonly DispatchResult[]): Receipt {
  const stored = taken.filter((one) => one.kind === "stored");
  const [first] = stored;
  if (first === undefined) {
    const reasons = taken.flatMap((one) => (one.kind === "ignored" ? [one.reason] : []));
    return {
      result: "ignored",
      reason: [...new Set(reasons)].join("; ") || "the request holds no event",
    };
  }
  const { job } = first;
  return {
    result: stored.some(({ answer }) => answer.result === "accepted") ? "accepted" : "duplicate",
    events: stored.flatMap(({ answer }) => answer.events),
    ...(job !== null &&
    stored.every((one) => one.job?.guid === job.guid && one.job.source === job.source)
      ? { job }
      : {}),
  };
}
