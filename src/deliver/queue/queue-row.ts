// A row of the queue: an unfinished delivery without its body.

import type { Millis } from "../../kernel/time.ts";

/** Waiting progress may be replaced, an end replaces it, and every other event is always sent. */
type EventKind = "progress" | "end" | "other";

/**
 * Why a row waits for `due`. `fresh`: it was not attempted yet, or starts over. `asked`: the
 * receiver was unavailable and asked for this instant; its recovery does not shorten the wait.
 */
type WaitReason = "fresh" | "unavailable" | "asked" | "refusal";

/** What the next attempt is made for: the schedule, a retry by hand, or a replay. */
type AttemptCause = "schedule" | "manual" | "replay";

/** An unfinished delivery without its body. */
export interface QueueRow {
  /** The row's number: deliveries are counted in the order in which they were enqueued. */
  readonly n: number;
  /** `source/guid`; `null` for events without a job, which wait for nobody. */
  readonly job: string | null;
  readonly seq: number;
  readonly kind: EventKind;
  readonly at: Millis;
  readonly due: Millis;
  readonly waiting: WaitReason;
  readonly cause: AttemptCause;
  readonly attempts: number;
  readonly step: number;
  readonly instantUsed: boolean;
}

/** What the order of the queue depends on, by the name of an event. */
export function kindOf(event: string): EventKind {
  if (event === "job.progress") return "progress";
  return event === "job.finished" || event === "job.failed" || event.startsWith("bulk_download.")
    ? "end"
    : "other";
}

/** The name of a row's job queue; a row without a job has one for itself. */
export const queueName = (row: Pick<QueueRow, "job" | "n">): string => row.job ?? `#${row.n}`;
