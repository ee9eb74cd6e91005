// What the sender of an accepted request is told.

import type { IngestAnswer, JobName } from "../model/messages.ts";

/** What became of one event of a request. `job` is `null` for an event of an account. */
export type DispatchResult =
  | {
      readonly kind: "stored";
      /** The event's name. */
      readonly event: string;
      readonly answer: IngestAnswer;
      readonly job: JobName | null;
    }
  | { readonly kind: "ignored"; readonly reason: string };

/** The body of a 202 (README, Receive webhooks). */
export type Receipt =
  | {
      readonly result: "accepted" | "duplicate";
      readonly events: readonly string[];
      readonly job?: JobName;
    }
  | { readonly result: "ignored"; readonly reason: string };

/**
 * Makes one receipt for all events of a request. It says accepted when any event was, and names a
 * job only when all stored events belong to it.
 */
export function receiptOf(results: readonly DispatchResult[]): Receipt {
  const stored = results.filter((one) => one.kind === "stored");
  const [first] = stored;
  if (first === undefined) {
    const reasons = results.flatMap((one) => (one.kind === "ignored" ? [one.reason] : []));
    return {
      result: "ignored",
      reason: [...new Set(reasons)].join("; ") || "the request holds no event",
    };
  }
  const { job } = first;
  const isOneJob =
    job !== null &&
    stored.every((one) => one.job?.guid === job.guid && one.job.source === job.source);
  return {
    result: stored.some(({ answer }) => answer.result === "accepted") ? "accepted" : "duplicate",
    events: stored.flatMap(({ answer }) => answer.events),
    ...(isOneJob ? { job } : {}),
  };
}

/**
 * The names of the events that were emitted at once, and of the progress that the clocks of the
 * jobs have emitted since they answered last.
 */
export const eventNames = (results: readonly DispatchResult[]): readonly string[] =>
  results.flatMap((one) =>
    one.kind === "stored"
      ? [
          ...(one.answer.trailing === true ? ["job.progress"] : []),
          ...one.answer.events.map(() => one.event),
        ]
      : [],
  );
