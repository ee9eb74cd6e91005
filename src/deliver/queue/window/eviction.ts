// Which jobs leave memory: those that wait for long and have nothing fresh.

import type { Millis } from "../../../kernel/time.ts";
import type { Backlog } from "../backlog.ts";
import type { QueueRow } from "../queue-row.ts";

/** The rows of jobs that sleep beyond `soon`, and that nothing but their schedule will wake. */
export function leavingRows(
  backlog: Backlog,
  { now, soon }: { readonly now: Millis; readonly soon: Millis },
  underWay: ReadonlySet<number>,
): readonly QueueRow[] {
  const mayLeave = ({ n, due, waiting, cause }: QueueRow): boolean =>
    due > now && waiting !== "fresh" && cause === "schedule" && !underWay.has(n);
  return [...backlog.asleep()]
    .filter(([queue, until]) => until > soon && queue.every(mayLeave))
    .flatMap(([queue]) => queue);
}
