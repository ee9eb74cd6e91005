// Which run an event without a job id belongs to, by the events of its correlation key.

import type { Millis } from "../../kernel/time.ts";

/**
 * One event of a run. `createdAt` is the sender's instant, whose clock may be ahead of ours;
 * `eventId` is the same whenever the event is sent again.
 */
export interface RunEvent {
  readonly phase: "started" | "completed";
  readonly eventId: string;
  readonly createdAt: Millis;
  /** Stands before the guid of a run that this event opens; older callers have none. */
  readonly guidPrefix?: string;
}

/** One side of a run. */
export interface RunMark {
  readonly eventId: string;
  readonly createdAt: Millis;
}

/** A run: open, completed without a start seen so far, or whole. */
export type Run =
  | { readonly guid: string; readonly started: RunMark; readonly completed: null }
  | { readonly guid: string; readonly started: null; readonly completed: RunMark }
  | { readonly guid: string; readonly started: RunMark; readonly completed: RunMark };

/** An event is `known`, `joins` a run (shown as it is afterwards) or `opens` a new one. */
type Assignment =
  | { readonly kind: "known"; readonly guid: string }
  | { readonly kind: "joins"; readonly run: Run }
  | { readonly kind: "opens"; readonly run: Run };

/** Hex digits of a run's guid: 96 bits of a hash, so two runs of one key never share it. */
const GUID_DIGITS = 24;

/**
 * The guid of a new run, made of the hash of its first event. When the Worker crashes before the
 * job is stored, the event that is sent again gets the same guid.
 */
export const newGuid = (prefix: string, hash: string): string =>
  `${prefix}${hash.slice(0, GUID_DIGITS)}`;

/** A run that an event may open, and the instant of our clock. */
export interface NewRun {
  readonly fresh: string;
  readonly now: Millis;
}

/**
 * Assigns an event to one of the runs of its key, given in any order. The same event keeps its run.
 * A start counts as seen at `now` when its clock is ahead, so that a completion by a better
 * clock still closes it. A `completed` closes the oldest open run whose `createdAt` is not later. A
 * `started` that is older than a completion without a start joins the oldest such. Every other
 * event opens a run with the guid `fresh`.
 */
export function assign(runs: readonly Run[], event: RunEvent, { fresh, now }: NewRun): Assignment {
  const known = runs.find((run) => run[event.phase]?.eventId === event.eventId);
  if (known !== undefined) return { kind: "known", guid: known.guid };
  const mark: RunMark = { eventId: event.eventId, createdAt: event.createdAt };
  switch (event.phase) {
    case "started": {
      const waiting = oldest(runs.filter(isUnstarted), (run) => run.completed).find(
        (run) => mark.createdAt < run.completed.createdAt,
      );
      return waiting === undefined
        ? { kind: "opens", run: { guid: fresh, started: atMost(mark, now), completed: null } }
        : { kind: "joins", run: { ...waiting, started: mark } };
    }
    case "completed": {
      const open = oldest(runs.filter(isOpen), (run) => run.started).find(
        (run) => run.started.createdAt <= mark.createdAt,
      );
      return open === undefined
        ? { kind: "opens", run: { guid: fresh, started: null, completed: mark } }
        : { kind: "joins", run: { ...open, completed: mark } };
    }
  }
}

const atMost = ({ eventId, createdAt }: RunMark, now: Millis): RunMark => ({
  eventId,
  createdAt: Math.min(createdAt, now),
});

type Open = Extract<Run, { readonly completed: null }>;
type Unstarted = Extract<Run, { readonly started: null }>;

const isOpen = (run: Run): run is Open => run.completed === null;
const isUnstarted = (run: Run): run is Unstarted => run.started === null;

/** Oldest first; equal instants by event id, so that the order of the rows decides nothing. */
function oldest<R extends Run>(runs: readonly R[], markOf: (run: R) => RunMark): readonly R[] {
  return runs.toSorted((left, right) => {
    const [a, b] = [markOf(left), markOf(right)];
    if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
    return a.eventId < b.eventId ? -1 : 1;
  });
}
