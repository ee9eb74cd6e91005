// What a page knows of a stream: its place, the state folded from snapshot and events, and which events it has had.

import type { JobEnvelope, JobSnapshot, RelayEvent } from "../kernel/event.ts";
import type { AccountSnapshot, Snapshot } from "../live/log.ts";

/** A frame as the client reads it; a follower's hello may come without a state. */
export type Frame =
  | { readonly type: "hello"; readonly cursor: string; readonly recovered: boolean; readonly snapshot?: Snapshot | null | undefined }
  | { readonly type: "event"; readonly cursor: string; readonly event: RelayEvent };

/** The job that a view is about; `null` for an account's. */
export type Subject = { readonly source: string; readonly guid: string } | null;

/** What a reader is given, in order: a state, or an event after it. */
export type Item = Snapshot | RelayEvent;

export interface View {
  cursor: string | null;
  snapshot: Snapshot | null;
  /** Takes a frame; `undefined` when it brings nothing new. */
  take(frame: Frame): Item | undefined;
}

/** Ids remembered against repetition: more than one replay holds. */
const REMEMBERED = 2_000;

/** Jobs in an account's state, as many as the relay's own snapshot has. */
const JOBS = 100;

/** The state of a job after an event, as the relay's own snapshot would show it. */
export function fold(was: JobSnapshot | undefined, event: JobEnvelope): JobSnapshot {
  const { version: _, id: _id, time, occurredAt: _at, absorbed = 0, current, total, ...same } = event;
  const name = event.event;
  const fresh = was?.attempt !== event.attempt;
  const number = (given: unknown, known: number | null | undefined): number | null =>
    typeof given === "number" ? given : fresh ? null : (known ?? null);
  const ends = name === "job.finished" || name === "job.failed" || name.startsWith("bulk");
  return {
    provider: "",
    createdAt: time,
    late: 0,
    conflicts: 0,
    ...was,
    ...same,
    current: number(current ?? event.details["totalExported"], was?.current),
    total: number(total ?? event.details["total"], was?.total),
    error: typeof event.details["error"] === "string" ? event.details["error"] : null,
    updatedAt: time,
    finishedAt: ends ? time : fresh ? null : (was?.finishedAt ?? null),
    stalled: name === "job.stalled",
    absorbed: (was?.absorbed ?? 0) + absorbed,
  };
}

const same = (left: NonNullable<Subject>, right: NonNullable<Subject>): boolean => left.guid === right.guid && left.source === right.source;

const isJob = (event: RelayEvent): event is JobEnvelope => "seq" in event;

/** A view at `cursor`, knowing nothing else. */
export function createView(subject: Subject, cursor: string | null): View {
  const seen = new Set<string>();
  const include = (event: RelayEvent): void => {
    if (!isJob(event)) return;
    if (subject) view.snapshot = fold((view.snapshot as JobSnapshot | null) ?? undefined, event);
    else if (view.snapshot) {
      const { jobs, ...rest } = view.snapshot as AccountSnapshot;
      const was = jobs.find((job) => same(job, event));
      const next = fold(was, event);
      view.snapshot = { ...rest, jobs: was ? jobs.map((job) => (job === was ? next : job)) : [next, ...jobs].slice(0, JOBS) };
    }
  };
  const view: View = {
    cursor,
    snapshot: null,
    take(frame) {
      view.cursor = frame.cursor;
      if (frame.type === "event") {
        const { event } = frame;
        if (subject && !(isJob(event) && same(event, subject))) return undefined;
        include(event);
        if (seen.has(event.id)) return undefined;
        seen.add(event.id);
        if (seen.size > REMEMBERED) seen.delete(seen.values().next().value ?? "");
        return event;
      }
      if (frame.recovered) return undefined;
      const given = frame.snapshot;
      const found = subject && given && "jobs" in given ? given.jobs.find((job) => same(job, subject)) : given;
      view.snapshot = found ?? null;
      return found ?? undefined;
    },
  };
  return view;
}
