// The order of a subscriber's whole queue: what leaves now, and when to look again.

import { earliest } from "../../durable/alarm.ts";
import type { Millis } from "../../kernel/time.ts";
import type { Gate } from "../retry/breaker.ts";
import {
  planJob,
  waitOfSingleRow,
  type InheritedWait,
  type JobQueue,
  type PlanContext,
} from "./job-plan.ts";
import type { QueueRow } from "./queue-row.ts";

/** What a look at the whole queue decides. */
export interface Plan {
  readonly send: readonly QueueRow[];
  readonly superseded: readonly number[];
  readonly inheritedWaits: readonly InheritedWait[];
  /** When to look again; `null` when no slot is free or no row waits for an instant. */
  readonly wake: Millis | null;
}

/** The plan when no slot is free: nothing changes. */
export const EMPTY_PLAN: Plan = { send: [], superseded: [], inheritedWaits: [], wake: null };

/**
 * Takes up to `freeSlots` deliveries, job by job. Jobs never wait for each other: a job that has
 * nothing ready is passed over.
 */
export function plan(queues: Iterable<JobQueue>, context: PlanContext, freeSlots: number): Plan {
  const send: QueueRow[] = [];
  const superseded: number[] = [];
  const inheritedWaits: InheritedWait[] = [];
  let wake: Millis | null = null;
  for (const queue of queues) {
    // Without a free slot, progress that piles up is still reduced to the newest.
    if (send.length >= freeSlots && !context.collapseProgress)
      return { send, superseded, inheritedWaits, wake: null };
    const waitsUntil = waitOfSingleRow(queue, context);
    if (waitsUntil !== null) {
      wake = earliest(wake, waitsUntil);
      continue;
    }
    const job = planJob(queue, context);
    superseded.push(...job.superseded);
    inheritedWaits.push(...job.inheritedWaits);
    send.push(...job.ready.slice(0, freeSlots - send.length));
    wake = earliest(wake, job.wake);
  }
  return { send, superseded, inheritedWaits, wake };
}

/** The queue as a plan sees it. Functions, because an iterator can be read only once. */
interface JobQueues {
  readonly all: () => Iterable<JobQueue>;
  /** Those that changed since the last plan. */
  readonly changed: () => Iterable<JobQueue>;
}

/**
 * Plans what the breaker lets through. While it is shut, only jobs that changed are looked at, so
 * that a long queue that is held costs nothing.
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
      return plan(queues.all(), closed, freeSlots);
    case "probe": {
      const context = { ...closed, collapseProgress: true };
      const due = plan(queues.all(), context, Math.min(freeSlots, 1));
      return due.send.length > 0
        ? due
        : plan(queues.all(), { ...context, ignoreSchedule: true }, Math.min(freeSlots, 1));
    }
    case "shut": {
      const context = { ...closed, held: true, collapseProgress: true };
      const held = plan(queues.changed(), context, freeSlots);
      return { ...held, wake: earliest(held.wake, gate.until) };
    }
  }
}
