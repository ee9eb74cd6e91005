// Decides on a progress update: it is emitted now, waits for its window, or says nothing new.

import type { Millis } from "../kernel/time.ts";
import type { Decision } from "./decision.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { afterProgress, newJob } from "./next-state.ts";
import { goesBack, isUnchanged, repeatsShown } from "./progress.ts";
import type { JobState, PendingProgress, StoredUpdate } from "./state.ts";
import { offer, OPEN_WINDOW, type Window } from "./throttle.ts";

/** What a progress update meets: the lifecycle it leads to, and the width of a window. */
export interface ProgressOptions {
  readonly lifecycle: Lifecycle;
  readonly throttle: Millis;
  readonly now: Millis;
}

/** Decides on progress that the lifecycle allows; `state` is `null` for a new job. */
export function decideProgress(
  state: JobState | null,
  update: StoredUpdate,
  { lifecycle, throttle, now }: ProgressOptions,
): Decision {
  const before = state?.progress ?? null;
  if (before !== null && goesBack(before, update)) return { kind: "record", reason: "late" };
  if (
    state !== null &&
    before !== null &&
    (isUnchanged(before, update) || repeatsShown(state, update))
  ) {
    return { kind: "record", reason: "unchanged" };
  }
  const window: Window<PendingProgress> = state?.window ?? OPEN_WINDOW;
  // Whether a value waits does not depend on the number of its record, which it gets afterwards.
  const offered = offer(window, { update, record: 0 }, throttle, now);
  if (offered.kind === "hold") return { kind: "record", reason: "absorbed" };
  const base = state === null ? newJob(update, lifecycle, now) : { ...state, lifecycle };
  const absorbed = base.absorbed + (window.pending === null ? 0 : 1);
  const next = afterProgress({ ...base, absorbed, lastUpdateAt: now, stalled: false }, update, {
    window: offered.window,
    now,
  });
  return {
    kind: "emit",
    emission: {
      event: "job.progress",
      update,
      record: null,
      absorbed: offered.dropped,
      state: next,
    },
  };
}
