// The steps of a sample export: what happens when, and how far the export is by then.

import type { JsonObject } from "../kernel/json.ts";
import type { Millis } from "../kernel/time.ts";
import * as exportComments from "./exportcomments.ts";

/** What can happen in a sample export: the names of ExportComments' realtime events. */
export const STEP_EVENTS = [
  "job.created",
  "job.progress",
  "job.failed",
  "job.requeued",
  "job.finished",
] as const;

/** One event of a sample export. `current` of `total` comments are exported by then. */
export interface SampleEvent {
  readonly event: (typeof STEP_EVENTS)[number];
  readonly current: number;
  readonly total: number;
}

/** A sample event and when it happens, in ms after the first one. */
export interface TimedEvent extends SampleEvent {
  readonly at: Millis;
}

/** How a sample export goes. */
export interface ExportPlan {
  readonly length: Millis;
  /** Time between two progress events. */
  readonly updateEvery: Millis;
  readonly total: number;
  /** Whether the first attempt fails and is queued again. */
  readonly fails: boolean;
}

/** The page whose comments every sample exports. */
export const SAMPLE_PAGE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";

const FAILURE = "Rate limited by platform";

/** The share of the length and of the total at which the first attempt fails. */
const FAILS_AT = 0.4;

/** The export that the console plays: 12 updates, slow enough to watch the throttle. */
export const CONSOLE_PLAN: ExportPlan = {
  length: 19_500,
  updateEvery: 1_500,
  total: 1_500,
  fails: false,
};

/** Lists the events of an export in the order of their times. */
export function exportSteps(plan: ExportPlan): readonly TimedEvent[] {
  const { length, updateEvery, total, fails } = plan;
  const failure = Math.round(length * FAILS_AT);
  const restart = failure + 3 * updateEvery;
  const upToFailure = Math.round(total * FAILS_AT);
  const attempts: readonly TimedEvent[] = fails
    ? [
        ...updates(plan, [updateEvery, failure], upToFailure),
        { at: failure, event: "job.failed", current: upToFailure, total },
        { at: failure + 2 * updateEvery, event: "job.requeued", current: 0, total },
        ...updates(plan, [restart, length], total),
      ]
    : updates(plan, [updateEvery, length], total);
  return [
    { at: 0, event: "job.created", current: 0, total },
    ...attempts,
    { at: length, event: "job.finished", current: total, total },
  ];
}

/** Spreads progress events evenly over the time between two instants. */
function updates(
  { updateEvery, total }: ExportPlan,
  [from, to]: readonly [Millis, Millis],
  upTo: number,
): readonly TimedEvent[] {
  const count = Math.max(1, Math.floor((to - from) / updateEvery));
  return Array.from({ length: count }, (_, index) => ({
    at: from + index * updateEvery,
    event: "job.progress",
    current: Math.round((upTo * (index + 1)) / count),
    total,
  }));
}

/** Makes the body of an event as ExportComments' realtime server sends it. */
export function bodyOf(guid: string, { event, current, total }: SampleEvent): JsonObject {
  const job = { guid, page: SAMPLE_PAGE, total };
  switch (event) {
    case "job.created":
      return exportComments.created(job);
    case "job.progress":
      return exportComments.progress(job, current);
    case "job.failed":
      return exportComments.failed(job, FAILURE);
    case "job.requeued":
      return exportComments.requeued(job);
    case "job.finished":
      return exportComments.finished(job);
  }
}

/** The body of a step that a relay in use plays: `details.sample` tells it from real ones. */
export function markedBodyOf(guid: string, event: SampleEvent): JsonObject {
  const body = bodyOf(guid, event);
  const details = body["details"] as JsonObject;
  return { ...body, details: { ...details, sample: true } };
}
