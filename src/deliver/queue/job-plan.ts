// The order of one job's deliveries: what is superseded, what may leave, when to look again.

import { earliest } from "../../durable/alarm.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import type { QueueRow } from "./queue-row.ts";

/** The unfinished deliveries of one job by `n`, or a single delivery without a job. */
export type JobQueue = readonly QueueRow[];

/** What the order depends on besides the rows. */
export interface PlanContext {
  readonly now: Millis;
  readonly order: "job" | "none";
  /** The subscriber's own progress window; 0 is off. */
  readonly throttle: Millis;
  /** `n` of the deliveries under way. */
  readonly underWay: ReadonlySet<number>;
  /** When the last progress of a job left, for jobs whose window may still be closed. */
  readonly progressSentAt: ReadonlyMap<string, Millis>;
  /** Nothing may leave but retries by hand. */
  readonly held: boolean;
  /** The subscriber takes nothing at present: only the newest progress of a job is kept. */
  readonly collapseProgress: boolean;
  /** A probe does not wait for `due`: while the breaker is open, it says when to try. */
  readonly ignoreSchedule: boolean;
}

/** A row that waits until `due` because the row it replaces had to. */
export interface InheritedWait {
  readonly n: number;
  readonly due: Millis;
}

/** What is decided about one job. */
interface JobPlan {
  readonly superseded: readonly number[];
  readonly inheritedWaits: readonly InheritedWait[];
  /** May leave now: at most one with `order: "job"`. */
  readonly ready: readonly QueueRow[];
  /** When one of the others may leave; `null` when that depends on something else than time. */
  readonly wake: Millis | null;
}

/**
 * Progress that waits for less than this is not superseded while its subscriber works, so that a
 * short burst is delivered whole. After that, only the newest progress of the job is sent.
 */
export const PROGRESS_GRACE_MS: Millis = SECOND;

/** Whether the later events of its job wait for this row. */
const blocksFollowing = (row: QueueRow): boolean =>
  row.waiting === "unavailable" || row.waiting === "asked";

const isRequested = (row: QueueRow): boolean => row.cause !== "schedule";

/** When the subscriber's progress window ends for a row; 0 when no window concerns it. */
function progressWindowEnd(row: QueueRow, context: PlanContext): Millis {
  if (row.kind !== "progress" || row.job === null || isRequested(row)) return 0;
  const sentAt = context.progressSentAt.get(row.job);
  return sentAt === undefined ? 0 : sentAt + context.throttle;
}

/** Decides about one job: first what is superseded, then what is ready among the rest. */
export function planJob(queue: JobQueue, context: PlanContext): JobPlan {
  const { superseded, inheritedWaits } = supersede(queue, context);
  if (superseded.length === 0) return { superseded, inheritedWaits, ...readyRows(queue, context) };
  const inheritedDue = new Map(inheritedWaits.map(({ n, due }) => [n, due]));
  const removed = new Set(superseded);
  const rest = queue
    .filter((row) => !removed.has(row.n))
    .map((row) => {
      const due = inheritedDue.get(row.n);
      return due === undefined ? row : withInheritedWait(row, due);
    });
  return { superseded, inheritedWaits, ...readyRows(rest, context) };
}

/** A row that waits until `due` because its subscriber is unavailable. */
export const withInheritedWait = (row: QueueRow, due: Millis): QueueRow => ({
  ...row,
  due,
  waiting: "unavailable",
});

/**
 * Waiting progress is superseded by newer progress or an end of its job. When the deliveries of a
 * job keep their order, the next row inherits the wait of a superseded one that had failed.
 */
function supersede(
  queue: JobQueue,
  context: PlanContext,
): Pick<JobPlan, "superseded" | "inheritedWaits"> {
  const inOrder = context.order === "job";
  const newestSeq = queue.reduce(
    (seq, row) => (row.kind === "other" ? seq : Math.max(seq, row.seq)),
    0,
  );
  const superseded: number[] = [];
  const inheritedWaits: InheritedWait[] = [];
  let isBlocked = false;
  let inheritedDue: Millis = 0;
  for (const row of queue) {
    if (context.underWay.has(row.n)) continue;
    if (row.seq < newestSeq && isReplaceable(row, context, isBlocked)) {
      superseded.push(row.n);
      if (inOrder && blocksFollowing(row)) inheritedDue = Math.max(inheritedDue, row.due);
    } else if (inheritedDue > context.now && row.waiting === "fresh" && !isRequested(row)) {
      inheritedWaits.push({ n: row.n, due: inheritedDue });
      inheritedDue = 0;
    }
    if (inOrder) isBlocked ||= blocksFollowing(row) && row.due > context.now;
  }
  return { superseded, inheritedWaits };
}

function isReplaceable(row: QueueRow, context: PlanContext, isBlocked: boolean): boolean {
  if (row.kind !== "progress" || isRequested(row)) return false;
  if (isBlocked || context.collapseProgress || row.waiting !== "fresh") return true;
  return progressWindowEnd(row, context) > context.now || context.now - row.at >= PROGRESS_GRACE_MS;
}

function readyRows(queue: JobQueue, context: PlanContext): Pick<JobPlan, "ready" | "wake"> {
  const inOrder = context.order === "job";
  // One at a time, retries after a 4xx too. The end of the one under way leads to another plan.
  if (inOrder && queue.some((row) => context.underWay.has(row.n))) return { ready: [], wake: null };
  const lastOther = queue.findLastIndex((row) => row.kind !== "progress");
  const ready: QueueRow[] = [];
  let wake: Millis | null = null;
  for (const [index, row] of queue.entries()) {
    if (context.underWay.has(row.n)) continue;
    if (context.held && row.cause !== "manual") continue;
    // The window delays only progress. Progress before another event leaves at once, ahead of it.
    const windowEnd = inOrder && index < lastOther ? 0 : progressWindowEnd(row, context);
    const due = Math.max(context.ignoreSchedule ? 0 : row.due, windowEnd);
    if (due <= context.now) {
      ready.push(row);
      if (inOrder) break;
      continue;
    }
    wake = earliest(wake, due);
    if (inOrder && blocksFollowing(row)) break;
  }
  return { ready, wake };
}

/**
 * When the only row of a job may leave, if that is later than now; `null` when there is more to
 * decide. It answers what `planJob` does, without its lists: a queue may hold tens of thousands of
 * such jobs, refused and waiting for days, and each plan passes over all of them.
 */
export function waitOfSingleRow(queue: JobQueue, context: PlanContext): Millis | null {
  const [row] = queue;
  if (
    row === undefined ||
    queue.length > 1 ||
    context.held ||
    context.ignoreSchedule ||
    context.underWay.has(row.n)
  )
    return null;
  const due = Math.max(row.due, progressWindowEnd(row, context));
  return due > context.now ? due : null;
}
