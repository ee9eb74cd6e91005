// When a job needs its alarm next: derived from what is stored, never stored itself.

import { earliest } from "../durable/alarm.ts";
import { SECOND, type Millis } from "../kernel/time.ts";
import { expiresAt, nextAt, type Policy } from "./decide.ts";
import { drainAt, type Watermarks } from "./outbox/outbox.ts";
import type { JobState } from "./state.ts";

/** How soon to look again when the alarm could do nothing: the configuration is broken, or an erasure was not answered. */
export const RETRY_AFTER_FAULT: Millis = 30 * SECOND;

/** What has a deadline. `policy` is `null` while the configuration is broken; `tokens` is the earliest end of a stream token. */
export interface Deadlines {
  readonly state: JobState;
  readonly policy: Policy | null;
  readonly handover: Watermarks;
  readonly tokens: Millis | null;
}

/**
 * The earliest deadline. A job that has expired has one thing left to do, and when an object did not answer to that, doing it
 * again at once would not help: it is tried again after a pause.
 */
export function dueAt({ state, policy, handover, tokens }: Deadlines, now: Millis): Millis | null {
  if (policy === null || expiresAt(state, policy) <= now)
    return earliest(now + RETRY_AFTER_FAULT, tokens);
  return earliest(
    nextAt(state, policy, now),
    expiresAt(state, policy),
    drainAt(handover, state.seq, now),
    tokens,
  );
}
