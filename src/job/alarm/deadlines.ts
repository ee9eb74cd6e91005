// When a job needs its alarm next: derived from its rows, never stored itself.

import { earliest } from "../../durable/alarm.ts";
import { MINUTE, SECOND, type Millis } from "../../kernel/time.ts";
import { expiresAt, nextAt } from "../decide.ts";
import type { Policy } from "../policy.ts";
import { DRAIN_WATCHDOG, drainAt, type Watermarks } from "../outbox/outbox.ts";
import { isEnded } from "../lifecycle.ts";
import type { JobState } from "../state.ts";
import { flushAt, opensAt } from "../throttle.ts";

/** The wait when the alarm could do nothing: broken configuration, or an unanswered erasure. */
export const RETRY_AFTER_FAULT: Millis = 30 * SECOND;

/**
 * How near an alarm is that is moved when it would fire in vain. A job that ends before it would
 * have needed it no more, and pays the row of the move for nothing: so it is not moved early.
 */
export const NEAR_ALARM: Millis = 2 * SECOND;

/** How long unsaved watermarks wait for an event whose row writes them, in a wide window. */
const MAX_UNSAVED: Millis = MINUTE;

/**
 * What has a deadline. `policy` is `null` while the configuration is broken; `tokens` is the
 * earliest end of a stream token.
 */
export interface Deadlines {
  readonly state: JobState;
  readonly policy: Policy | null;
  readonly watermarks: Watermarks;
  /** True when the watermarks are newer than those in storage. */
  readonly unsaved: boolean;
  readonly tokens: Millis | null;
  /** Until then an expired job waits for its deliveries; `null` when none is known to wait. */
  readonly keptUntil?: Millis | null;
}

/**
 * The earliest deadline. A job that has expired is erased by its alarm, once no delivery of it
 * waits; when another object did not answer to that, it is tried again after a pause.
 */
export function dueAt(deadlines: Deadlines, now: Millis): Millis | null {
  const { state, policy, watermarks, unsaved, tokens, keptUntil } = deadlines;
  if (policy === null || expiresAt(state, policy) <= now)
    return earliest(Math.max(now + RETRY_AFTER_FAULT, keptUntil ?? 0), tokens);
  return earliest(
    nextAt(state, policy, now),
    expiresAt(state, policy),
    drainAt(watermarks, state.seq, now),
    unsaved && !isEnded(state.lifecycle.phase) ? saveAt(state, policy, now) : null,
    tokens,
  );
}

/**
 * When unsaved watermarks are written. A value that comes until the window opens is emitted then,
 * and its row writes them: so the alarm is set to that instant once, not moved there later.
 */
function saveAt({ window }: JobState, { throttle }: Policy, now: Millis): Millis {
  const opens = opensAt(window.lastAt, throttle, now);
  return opens > now && opens <= now + MAX_UNSAVED ? opens : now + DRAIN_WATCHDOG;
}

/**
 * Until when an alarm has nothing to do: a value waits, every event was sent, and nothing else is
 * due before its window opens. `null` where that is not so.
 */
export function idleUntil(deadlines: Deadlines, now: Millis): Millis | null {
  const { state, policy, watermarks } = deadlines;
  if (policy === null || drainAt(watermarks, state.seq, now) !== null) return null;
  const opens = flushAt(state.window, policy.throttle, now);
  return opens === dueAt(deadlines, now) ? opens : null;
}
