// What a page knows of a stream: its position, its state, and the ids of the events it has had.

import type { JobEnvelope, JobSnapshot, RelayEvent } from "../model/event.ts";
import { reduceJob, type JobRest } from "../model/reduce.ts";

/** A job as `GET /v1/jobs/{source}/{guid}` shows it. */
export type JobState = JobSnapshot;

/** An account's jobs, newest first, at most 100. */
export interface AccountState {
  readonly account: string;
  readonly jobs: readonly JobState[];
}

/** The state of a job or of an account. */
export type State = JobState | AccountState;

/** A frame as the client reads it; the first frame for a follower may have no snapshot. */
export type Frame =
  | {
      readonly type: "hello";
      readonly cursor: string;
      /** Absent where a snapshot is shown to another tab. */
      readonly recovered?: boolean;
      readonly snapshot?: State | undefined;
    }
  | {
      readonly type: "event";
      readonly cursor: string;
      readonly event: RelayEvent;
      readonly job?: JobRest;
    };

/** The job that a view is about; `null` for an account's. */
export type Subject = { readonly source: string; readonly guid: string } | null;

/** What a listener gets: a state, or an event after it. */
export type Item = State | RelayEvent;

export interface View {
  /** Empty before the first frame. */
  cursor: string;
  snapshot?: State | undefined;
  /** Takes a frame and returns what is new in it, if anything. */
  take(frame: Frame): Item | undefined;
}

/** How many event ids are kept to recognise repetitions: more than a replay holds. */
const REMEMBERED = 2_000;

/** The most jobs of an account's state, as in the relay's snapshot. */
const JOBS = 100;

const isSame = (left: JobEnvelope | JobState, right: NonNullable<Subject>): boolean =>
  left.guid === right.guid && left.source === right.source;

/** Makes a view at `cursor`, without a state. */
export function createView(subject: Subject, cursor: string): View {
  const seen = new Set<string>();
  /** Reduces the state by a job's event. */
  const include = (event: JobEnvelope, rest: JobRest | undefined): void => {
    const { snapshot } = view;
    if (subject) view.snapshot = reduceJob(event, rest, snapshot as JobState | undefined);
    else if (snapshot) {
      const { jobs } = snapshot as AccountState;
      const was = jobs.find((job) => isSame(job, event));
      const next = reduceJob(event, rest, was);
      view.snapshot = {
        ...(snapshot as AccountState),
        jobs: was ? jobs.map((job) => (job === was ? next : job)) : [next, ...jobs].slice(0, JOBS),
      };
    }
  };
  const view: View = {
    cursor,
    take(frame) {
      view.cursor = frame.cursor;
      if (frame.type === "event") {
        const { event } = frame;
        const { id } = event;
        if (subject && !isSame(event as JobEnvelope, subject)) return undefined;
        // A typed message may have any field of its sender.
        if (!("type" in event) && "seq" in event) include(event, frame.job);
        if (seen.has(id)) return undefined;
        seen.add(id);
        const [oldest] = seen;
        if (seen.size > REMEMBERED) seen.delete(oldest as string);
        return event;
      }
      if (frame.recovered) return undefined;
      const { snapshot } = frame;
      // A job's own stream may be its account's, when the job did not exist yet.
      const jobs = (snapshot as AccountState | undefined)?.jobs;
      return (view.snapshot =
        subject && jobs ? jobs.find((job) => isSame(job, subject)) : snapshot);
    },
  };
  return view;
}
