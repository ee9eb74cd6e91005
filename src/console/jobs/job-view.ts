// How a job looks in the list: its word, its bar, its numbers, its place.

import type { JobState } from "../../client/index.ts";
import { number } from "../words/numbers.ts";
import type { Word } from "../words/vocabulary.ts";

/** The four states of a job, in the order of the tabs. */
export const PHASES = ["running", "queued", "failed", "done"] as const;
export type Phase = (typeof PHASES)[number];

/** The state of a job; `ready` and whatever else has ended counts as done. */
export function phaseOf({ status, finishedAt }: Pick<JobState, "status" | "finishedAt">): Phase {
  if (status === "error") return "failed";
  if (finishedAt !== null) return "done";
  return status === "queueing" ? "queued" : "running";
}

export const PHASE_WORDS: Readonly<Record<Phase, Word>> = {
  queued: {
    text: "Queued",
    tone: "quiet",
    title: "The provider has taken the job and not begun it.",
  },
  running: { text: "Running", tone: "running", title: "The provider works on the job." },
  done: { text: "Done", tone: "done", title: "The job has finished." },
  failed: { text: "Failed", tone: "failed", title: "The provider gave the job up." },
};

/** How far a job is, from 0 to 1; `null` when unknown. */
export function shareOf({ current, total }: Pick<JobState, "current" | "total">): number | null {
  if (current === null || total === null || total <= 0) return null;
  return Math.max(0, Math.min(1, current / total));
}

/** `678 of 1,500`, or the part that is known. */
export function amountOf({ current, total }: Pick<JobState, "current" | "total">): string {
  if (current === null) return "";
  return total === null ? number(current) : `${number(current)} of ${number(total)}`;
}

/** The key of a job in lists. */
export const keyOf = (job: Pick<JobState, "source" | "guid">): string =>
  `${job.source}/${job.guid}`;

/** True for a job that the console played. */
export const isSample = (job: JobState): boolean => job.details["sample"] === true;

/** How long a failure stays above the jobs that are done, in ms. */
const RECENT = 24 * 3_600_000;

/** Running first, then queued, then what failed within a day, then everything else. */
function rankOf(job: JobState, now: number): number {
  const phase = phaseOf(job);
  if (phase === "running") return 0;
  if (phase === "queued") return 1;
  return phase === "failed" && now - Date.parse(job.updatedAt) < RECENT ? 2 : 3;
}

const descending = (left: string, right: string): number =>
  left < right ? 1 : left > right ? -1 : 0;

/** Sorts jobs as the list shows them: by rank, then the newest first. */
export const sortJobs = (jobs: readonly JobState[], now: number): readonly JobState[] =>
  jobs.toSorted(
    (left, right) =>
      rankOf(left, now) - rankOf(right, now) ||
      descending(left.createdAt, right.createdAt) ||
      -descending(keyOf(left), keyOf(right)),
  );

/** Joins lists of jobs; of two states of one job the later one stays. */
export function joinJobs(...lists: readonly (readonly JobState[])[]): readonly JobState[] {
  const byKey = new Map<string, JobState>();
  for (const job of lists.flat()) {
    const known = byKey.get(keyOf(job));
    if (known === undefined || job.seq >= known.seq) byKey.set(keyOf(job), job);
  }
  return [...byKey.values()];
}

/** What the operator asked for; an empty text asks for everything. */
export interface JobFilters {
  readonly source: string;
  readonly account: string;
  readonly q: string;
}

/** True for a job that the filters ask for. */
export const isWanted = (job: JobState, { source, account, q }: JobFilters): boolean =>
  (source === "" || job.source === source) &&
  (account === "" || job.account === account) &&
  job.guid.toLowerCase().includes(q.toLowerCase());
