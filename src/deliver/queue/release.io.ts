// Makes due what waited because its subscriber was unavailable.

import type { Millis } from "../../kernel/time.ts";
import type { SubscriberStore } from "../subscriber.store.ts";
import type { Backlog } from "./backlog.ts";
import { withInheritedWait } from "./job-plan.ts";

/**
 * Makes the rows in memory due at `at`. Leaves alone what the receiver asked to have later; what is
 * not in memory follows by and by.
 */
export function releaseRows(
  store: SubscriberStore,
  backlog: Backlog,
  underWay: ReadonlySet<number>,
  at: Millis,
): void {
  const waiting = [...backlog.rows()].filter(
    (row) => row.waiting === "unavailable" && row.due > at && !underWay.has(row.n),
  );
  for (const row of waiting) {
    store.setWait(row.n, at);
    backlog.put(withInheritedWait(row, at));
  }
}
