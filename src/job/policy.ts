// Which of a source's settings a job obeys.

import { RETENTION, STALL_AFTER, THROTTLE } from "../config/defaults.ts";
import type { Settings } from "../config/settings.ts";
import type { Millis } from "../kernel/time.ts";

/** The source's settings that a job obeys, in milliseconds; 0 is off for the first two. */
export interface Policy {
  /** Least time between two emitted progress events. */
  readonly throttle: Millis;
  /** How long an open job may be silent before it counts as stalled. */
  readonly stallAfter: Millis;
  /** How long a job is kept after its last event or update. */
  readonly retention: Millis;
  /** Paths that the source redacts: the job must not add again what they name. */
  readonly redact: readonly string[];
  /** True when the configuration names one account for everything of the source. */
  readonly oneAccount: boolean;
}

/** The policy of a source's jobs: the defaults once the source has left the configuration. */
export function policyOf(settings: Settings, source: string): Policy {
  const found = settings.sources.get(source);
  return {
    throttle: found?.throttle ?? THROTTLE,
    stallAfter: found?.stallAfter ?? STALL_AFTER,
    retention: found?.retention ?? RETENTION,
    redact: found?.redact ?? [],
    oneAccount: (found?.account ?? null) !== null,
  };
}

/** The policy while it can be known: not while the configuration is broken. */
export const policyOrNull = (settings: Settings | null, source: string): Policy | null =>
  settings === null ? null : policyOf(settings, source);
