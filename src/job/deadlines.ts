// When a job needs its alarm next: derived from its rows, never stored itself.

import { earliest } from "../durable/alarm.ts";
import { SECOND, type Millis } from "../kernel/time.ts";
import { expiresAt, nextAt } from "./decide.ts";
import type { Policy } from "./policy.ts";
import { drainAt, type Watermarks } from "./outbox/outbox.ts";
import type { JobState } from "./state.ts";

/** The wait when the alarm could do nothing: broken configuration, or an unanswered erasure. */
export const RETRY_AFTER_FAULT: Millis = 30 * SECOND;

/**
 * What has a deadline. `policy` is `null` while the configuration is broken; `tokens` is the
 * earliest end of a stream token.
 */
export interface Deadlines {
  readonly state: JobState;
  readonly policy: Policy | null;
  readonly watermarks: Watermarks;
  readonly tokens: Millis | null;
}

/**
 * The earliest deadline. A job that has expired is erased by its alarm; when another object did not
 * answer to that, it is tried again after a pause.
 */
export function dueAt(
  { state, policy, watermarks, tokens }: Deadlines,
  now: Millis,
): Millis | null {
  if (policy === null || expiresAt(state, policy) <= now)
    return earliest(now + RETRY_AFTER_FAULT, tokens);
  return earliest(
    nextAt(state, policy, now),
    expiresAt(state, policy),
    drainAt(watermarks, state.seq, now),
    tokens,
  );
}
