// One alarm, many deadlines: which instant the alarm of an object has to ring at next.

import { SECOND, type Millis } from "../kernel/time.ts";

/** The earliest of several deadlines; `null` when there is none. */
export function earliest(...deadlines: readonly (Millis | null)[]): Millis | null {
  let first: Millis | null = null;
  for (const due of deadlines) if (due !== null && (first === null || due < first)) first = due;
  return first;
}

/**
 * An alarm that is late by this much was lost, and is set again; one more row if it was not. The
 * platform may be a minute late (Durable Objects, alarms, 2026-11), and then it costs that row.
 */
export const LOST_AFTER: Millis = 10 * SECOND;

/**
 * What to do with the alarm: an instant to set it to, or `null` to leave it as it is. An alarm that
 * rings too early costs one look at the rows, one that is moved costs a row each time, so a later
 * deadline leaves it alone. A date in the past may never fire (workerd#3566, 2026-11), hence `now +
 * 1`.
 */
export function alarmAt(now: Millis, due: Millis | null, armed: Millis | null): Millis | null {
  if (due === null) return null;
  const at = Math.max(now + 1, due);
  const isSet = armed !== null && armed > now - LOST_AFTER;
  return isSet && armed <= at ? null : at;
}
