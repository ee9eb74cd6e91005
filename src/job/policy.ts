// Which of a source's settings a job obeys; a job outlives its source's entry in the configuration and then obeys the defaults.

import { RETENTION, STALL_AFTER, THROTTLE } from "../config/defaults.ts";
import type { Settings } from "../config/settings.ts";
import type { Policy } from "./decide.ts";

/** The policy of a source's jobs. */
export function policyOf(settings: Settings, source: string): Policy {
  const found = settings.sources.get(source);
  return {
    throttle: found?.throttle ?? THROTTLE,
    stallAfter: found?.stallAfter ?? STALL_AFTER,
    retention: found?.retention ?? RETENTION,
  };
}

/** The policy while it can be known: not while the configuration is broken. */
export const policyOrNull = (settings: Settings | null, source: string): Policy | null =>
  settings === null ? null : policyOf(settings, source);
