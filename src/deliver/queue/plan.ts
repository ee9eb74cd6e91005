// Which deliveries leave now, which are superseded, and when to look again: the order of a subscriber's queue.

import { earliest } from "../../durable/alarm.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import type { Gate } from "../retry/breaker.ts";

/** What the order depends on: progress may be replaced, an end removes it, everything else is sent as it is. */
export type EventKind = "progress" | "end" | "other";

/**
 * Why a row that was attempted waits for `due`; `fresh` rows were not, or start over. `asked`: unavailable, and `due` is what the
 * receiver asked for, so that its recovery does not shorten the wait.
 */
export type WaitReason = "fresh" | "unavailable" | "asked" | "refusal";

/** On whose account the next attempt is made. */
export type AttemptCause = "schedule" | "manual" | "replay";

/** An unfinished delivery without its body. */
export interface QueueRow {
  /** Counts deliveries in the order they were enqueued. */
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

/** One job's unfinished deliveries by `n`, or a single one without a job. */
export type Line = readonly QueueRow[];

/** What the order of a line depends on besides its rows. */
export interface PlanContext {
  readonly now: Millis;
  readonly order: "job" | "none";
  /** The subscriber's own progress window; 0 is off. */
  readonly throttle: Millis;
  /** `n` of the deliveries under way. */
  readonly underWay: ReadonlySet<number>;
  /** When the last progress of a job left, for jobs whose window may still be closed. */
  readonly progressLeft: ReadonlyMap<string, Millis>;
  /** Nothing may leave but what the operator asked for by hand. */
  readonly held: boolean;
  /** The subscriber takes nothing at present: of a job's progress only the newest is kept. */
  readonly piling: boolean;
  /** A probe goes ahead of its schedule: while the breaker is open, the breaker sets the pace. */
  readonly early: boolean;
}

/** A row that takes over the wait of the one it replaces. */
export interface Takeover {
  readonly n: number;
  readonly due: Millis;
}

export interface LinePlan {
  readonly superseded: readonly number[];
  readonly takeovers: readonly Takeover[];
  /** May leave now: at most one with `order: "job"`. */
  readonly ready: readonly QueueRow[];
  /** When one of the others may; `null` when that depends on something else than time. */
  readonly wake: Millis | null;
}

/**
 * How long progress is left alone while its subscriber works: a burst on its way through is delivered whole. What could
 * not leave within this time is a backlog, and in a backlog only the newest progress is news.
 */
export const PROGRESS_PATIENCE: Millis = SECOND;

/** Whether what follows in the line waits for it too. */
const holdsBack = (row: QueueRow): boolean =>
  row.waiting === "unavailable" || row.waiting === "asked";

const byHand = (row: QueueRow): boolean => row.cause !== "schedule";

/** When the subscriber's progress window opens for a row; 0 when it does not concern it. */
function windowOpens(row: QueueRow, around: PlanContext): Millis {
  if (row.kind !== "progress" || row.job === null || around.throttle === 0 || byHand(row)) return 0;
  const left = around.progressLeft.get(row.job);
  return left === undefined ? 0 : left + around.throttle;
}

/** Decides about one line: what is superseded first, then what is ready among the rest. */
export function planLine(line: Line, around: PlanContext): LinePlan {
  const { superseded, takeovers } = supersede(line, around);
  if (superseded.length === 0) return { superseded, takeovers, ...ready(line, around) };
  const waits = new Map(takeovers.map((takeover) => [takeover.n, takeover.due]));
  const gone = new Set(superseded);
  const rest = line
    .filter((row) => !gone.has(row.n))
    .map((row) => {
      const due = waits.get(row.n);
      return due === undefined ? row : takenOver(row, due);
    });
  return { superseded, takeovers, ...ready(rest, around) };
}

/** A row that has taken over a wait. */
export const takenOver = (row: QueueRow, due: Millis): QueueRow => ({
  ...row,
  due,
  waiting: "unavailable",
});

/** Progress that waits leaves the queue for a newer progress or an end of its job; in order, what follows takes over the wait of a failed attempt. */
function supersede(line: Line, around: PlanContext): Pick<LinePlan, "superseded" | "takeovers"> {
  const newest = line.reduce(
    (seq, row) => (row.kind === "other" ? seq : Math.max(seq, row.seq)),
    0,
  );
  const superseded: number[] = [];
  const takeovers: Takeover[] = [];
  let blocked = false;
  let inherited: Millis = 0;
  for (const row of line) {
    if (around.underWay.has(row.n)) continue;
    if (row.seq < newest && replaceable(row, around, blocked)) {
      superseded.push(row.n);
      if (around.order === "job" && holdsBack(row)) inherited = Math.max(inherited, row.due);
    } else if (inherited > around.now && row.waiting === "fresh" && !byHand(row)) {
      takeovers.push({ n: row.n, due: inherited });
      inherited = 0;
    }
    if (around.order === "job")
      blocked ||= inherited > around.now || (holdsBack(row) && row.due > around.now);
  }
  return { superseded, takeovers };
}

function replaceable(row: QueueRow, around: PlanContext, blocked: boolean): boolean {
  if (row.kind !== "progress" || byHand(row)) return false;
  if (blocked || around.piling || row.waiting !== "fresh") return true;
  return windowOpens(row, around) > around.now || around.now - row.at >= PROGRESS_PATIENCE;
}

function ready(line: Line, around: PlanContext): Pick<LinePlan, "ready" | "wake"> {
  const inOrder = around.order === "job";
  // One at a time, a retry of a refused one included; the one under way looks again when it ends.
  if (inOrder && line.some((row) => around.underWay.has(row.n))) return { ready: [], wake: null };
  const lastOther = line.findLastIndex((row) => row.kind !== "progress");
  const found: QueueRow[] = [];
  let wake: Millis | null = null;
  for (const [index, row] of line.entries()) {
    if (around.underWay.has(row.n)) continue;
    if (around.held && row.cause !== "manual") continue;
    // The window delays nothing but progress: when another event stands behind it, progress leaves ahead of it at once.
    const opens = inOrder && index < lastOther ? 0 : windowOpens(row, around);
    const due = Math.max(around.early ? 0 : row.due, opens);
    if (due <= around.now) {
      found.push(row);
      if (inOrder) break;
      continue;
    }
    wake = earliest(wake, due);
    if (inOrder && holdsBack(row)) break;
  }
  return { ready: found, wake };
}

/**
 * The instant that the single row of a line waits for; `null` when there is more to decide. A queue may hold tens of thousands of
 * these, each refused for days, and they are passed over with every attempt: what `settle` says of them, without its lists.
 */
function sleeps(line: Line, around: PlanContext): Millis | null {
  const [row] = line;
  if (
    row === undefined ||
    line.length > 1 ||
    around.held ||
    around.early ||
    around.underWay.has(row.n)
  )
    return null;
  const due = Math.max(row.due, windowOpens(row, around));
  return due > around.now ? due : null;
}

/** What a look at the whole queue decides. */
export interface Plan {
  readonly send: readonly QueueRow[];
  readonly superseded: readonly number[];
  readonly takeovers: readonly Takeover[];
  /** When to look again; `null` when `free` is used up or nothing waits for time: what is under way looks again when it ends. */
  readonly wake: Millis | null;
}

/** Takes up to `free` deliveries, line by line. Jobs never wait for each other: a line that is not ready is passed over. */
export function plan(lines: Iterable<Line>, around: PlanContext, free: number): Plan {
  const send: QueueRow[] = [];
  const superseded: number[] = [];
  const takeovers: Takeover[] = [];
  let wake: Millis | null = null;
  for (const line of lines) {
    // What piles up is looked at in any case: that nothing may leave is no reason to keep what is old.
    if (send.length >= free && !around.piling) return { send, superseded, takeovers, wake: null };
    const asleep = sleeps(line, around);
    if (asleep !== null) {
      wake = earliest(wake, asleep);
      continue;
    }
    const settled = planLine(line, around);
    superseded.push(...settled.superseded);
    takeovers.push(...settled.takeovers);
    send.push(...settled.ready.slice(0, free - send.length));
    wake = earliest(wake, settled.wake);
  }
  return { send, superseded, takeovers, wake };
}

/** The queue as the plan sees it: every line, and those that changed since the last plan. Functions: an iterator can be read once. */
export interface Lines {
  readonly all: () => Iterable<Line>;
  readonly touched: () => Iterable<Line>;
}

/** Plans behind the breaker. While it is shut only changed lines are looked at, so a long queue that is held costs nothing. */
export function planBehind(
  gate: Gate,
  lines: Lines,
  about: Omit<PlanContext, "held" | "piling" | "early">,
  free: number,
): Plan {
  switch (gate.kind) {
    case "open":
      return plan(lines.all(), { ...about, held: false, piling: false, early: false }, free);
    case "probe": {
      const around = { ...about, held: false, piling: true, early: false };
      const due = plan(lines.all(), around, Math.min(free, 1));
      return due.send.length > 0
        ? due
        : plan(lines.all(), { ...around, early: true }, Math.min(free, 1));
    }
    case "shut": {
      const held = plan(
        lines.touched(),
        { ...about, held: true, piling: true, early: false },
        free,
      );
      return { ...held, wake: earliest(held.wake, gate.until) };
    }
  }
}
