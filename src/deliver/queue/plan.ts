// The order of a subscriber's whole queue: what leaves now, and when to look again.

import type { Millis } from "../../kernel/time.ts";
import type { Gate } from "../retry/breaker.ts";
import {
  planJob,
  waitOfSingleRow,
  type InheritedWait,
  type JobQueue,
  type PlanContext,
} from "./job-plan.ts";
import { queueName, type QueueRow } from "./queue-row.ts";

/** A job queue that need not be looked at: until an instant, or (`null`) until it changes. */
export interface JobRest {
  readonly job: string;
  readonly until: Millis | null;
}

/** What a look at the queue decides. */
export interface Plan {
  readonly send: readonly QueueRow[];
  readonly superseded: readonly number[];
  readonly inheritedWaits: readonly InheritedWait[];
  readonly rests: readonly JobRest[];
  /** When the breaker lets something through again; `null` when that depends on something else. */
  readonly wake: Millis | null;
}

/** The plan when no slot is free: nothing changes. */
export const EMPTY_PLAN: Plan = {
  send: [],
  superseded: [],
  inheritedWaits: [],
  rests: [],
  wake: null,
};

/**
 * Takes up to `freeSlots` deliveries, job by job. Jobs never wait for each other: a job that has
 * nothing ready is passed over, and rests.
 */
export function plan(queues: Iterable<JobQueue>, context: PlanContext, freeSlots: number): Plan {
  const send: QueueRow[] = [];
  const superseded: number[] = [];
  const inheritedWaits: InheritedWait[] = [];
  const rests: JobRest[] = [];
  for (const queue of queues) {
    const [first] = queue;
    if (first === undefined) continue;
    // Without a free slot, progress that piles up is still reduced to the newest.
    if (send.length >= freeSlots && !context.collapseProgress) break;
    const job = queueName(first);
    const waitsUntil = waitOfSingleRow(queue, context);
    if (waitsUntil !== null) {
      rests.push({ job, until: waitsUntil });
      continue;
    }
    const decided = planJob(queue, context);
    superseded.push(...decided.superseded);
    inheritedWaits.push(...decided.inheritedWaits);
    const leaving = decided.ready.slice(0, freeSlots - send.length);
    send.push(...leaving);
    if (leaving.length < decided.ready.length) continue;
    // In order, nothing else of the job leaves before the attempt ends.
    const isBusy = context.order === "job" && leaving.length > 0;
    rests.push({ job, until: isBusy ? null : decided.wake });
  }
  return { send, superseded, inheritedWaits, rests, wake: null };
}

/** The queue as a plan sees it. Functions, because an iterator can be read only once. */
interface JobQueues {
  readonly all: () => Iterable<JobQueue>;
  /** Those that do not rest. */
  readonly awake: () => Iterable<JobQueue>;
}

/**
 * Plans what the breaker lets through. While it is shut, jobs rest until they change, so that a
 * long queue that is held costs nothing; when it opens, all of them have to be woken.
 */
export function planBehind(
  gate: Gate,
  queues: JobQueues,
  facts: Omit<PlanContext, "held" | "collapseProgress" | "ignoreSchedule">,
  freeSlots: number,
): Plan {
  const closed = { ...facts, held: false, collapseProgress: false, ignoreSchedule: false };
  switch (gate.kind) {
    case "open":
      return plan(queues.awake(), closed, freeSlots);
    case "probe": {
      const context = { ...closed, collapseProgress: true };
      const due = plan(queues.all(), context, Math.min(freeSlots, 1));
      return due.send.length > 0
        ? due
        : plan(queues.all(), { ...context, ignoreSchedule: true }, Math.min(freeSlots, 1));
    }
    case "shut": {
      const context = { ...closed, held: true, collapseProgress: true };
      return { ...plan(queues.awake(), context, freeSlots), wake: gate.until };
    }
  }
}
