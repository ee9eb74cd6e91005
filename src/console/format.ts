// How the console writes numbers, times and states.

import type { JobState } from "../client/index.ts";

const NUMBER = new Intl.NumberFormat("en");

/** `1,500` */
export const number = (value: number): string => NUMBER.format(value);

/** The clock time of an ISO instant in the operator's zone: `19:00:05`. */
export const clock = (instant: string): string => new Date(instant).toLocaleTimeString("en-GB");

/** Date and time in full, for titles. */
export const moment = (instant: string): string =>
  new Date(instant).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** The colour of a job's bar. */
export type Tone = "waiting" | "running" | "done" | "failed" | "stalled";

export function toneOf(job: JobState): Tone {
  if (job.stalled) return "stalled";
  if (job.status === "error") return "failed";
  if (job.finishedAt !== null) return "done";
  return job.status === "queueing" ? "waiting" : "running";
}

const LABELS: Readonly<Record<Tone, string>> = {
  waiting: "Queued",
  running: "Running",
  done: "Done",
  failed: "Failed",
  stalled: "Stalled",
};

/** The state as a word. */
export const labelOf = (tone: Tone): string => LABELS[tone];

/** How far a job is, from 0 to 1; `null` when unknown. */
export function shareOf(job: JobState): number | null {
  if (toneOf(job) === "done") return 1;
  if (job.current === null || job.total === null || job.total <= 0)
    return toneOf(job) === "waiting" ? 0 : null;
  return Math.max(0, Math.min(1, job.current / job.total));
}

/** `678 of 1,500`, or the part that is known. */
export function amountOf(job: JobState): string {
  if (job.current === null) return "";
  return job.total === null
    ? number(job.current)
    : `${number(job.current)} of ${number(job.total)}`;
}

/** The key of a job in lists. */
export const keyOf = (job: Pick<JobState, "source" | "guid">): string =>
  `${job.source}/${job.guid}`;
