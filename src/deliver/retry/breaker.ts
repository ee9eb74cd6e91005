// The breaker of a subscriber: it opens after failures in a row, probes, and closes on a success.

import { DAY, MINUTE, SECOND, type Millis } from "../../kernel/time.ts";
import type { HealthSignal } from "./outcome.ts";

/**
 * Failed attempts in a row that open the breaker. A 4xx counts too: ten in a
 * row are hardly the fault of one event.
 */
export const MAX_FAILURES_IN_A_ROW = 10;

/** The wait before the first probe; each failed probe doubles it. */
export const FIRST_PROBE_WAIT_MS: Millis = 30 * SECOND;

/** The longest wait between two probes: a recovery is noticed this late at worst. */
export const MAX_PROBE_WAIT_MS: Millis = 10 * MINUTE;

/** A subscriber that fails this long without one success is disabled. */
export const MAX_FAILING_MS: Millis = 5 * DAY;

/** Why it is disabled: it answered 410, asked for it by header, or failed for `MAX_FAILING_MS`. */
export type DisableReason = "gone" | "asked" | "failing";

/**
 * The states, named as the API shows them; stored as JSON, so the member names are a format.
 * `since` is when the state began, `failingSince` the first failure after the last success.
 */
export type Health =
  /** Closed; `failures` in a row so far. */
  | {
      readonly state: "active";
      readonly since: Millis | null;
      readonly failures: number;
      readonly failingSince: Millis | null;
    }
  /** Open until `probeAt`, then half-open: one delivery may leave. `wait` is between probes. */
  | {
      readonly state: "probing";
      readonly since: Millis;
      readonly failingSince: Millis;
      readonly wait: Millis;
      readonly probeAt: Millis;
    }
  | { readonly state: "paused"; readonly since: Millis }
  | { readonly state: "disabled"; readonly since: Millis; readonly reason: DisableReason };

/** The health of a subscriber that has made no attempt yet. */
export const HEALTHY: Extract<Health, { state: "active" }> = {
  state: "active",
  since: null,
  failures: 0,
  failingSince: null,
};

/**
 * What may leave: everything, one delivery, or nothing before `until`. `null` means: not before an
 * attempt under way ends, or an operator resumes the subscriber.
 */
export type Gate =
  | { readonly kind: "open" }
  | { readonly kind: "probe" }
  | { readonly kind: "shut"; readonly until: Millis | null };

/** What the breaker lets through; half-open, it lets nothing leave while anything is under way. */
export function gateOf(health: Health, now: Millis, underWay: number): Gate {
  switch (health.state) {
    case "active":
      return { kind: "open" };
    case "probing":
      if (now < health.probeAt) return { kind: "shut", until: health.probeAt };
      return underWay === 0 ? { kind: "probe" } : { kind: "shut", until: null };
    case "paused":
    case "disabled":
      return { kind: "shut", until: null };
  }
}

/**
 * The health after an attempt. `probe` is false for attempts that began before the breaker opened.
 */
export function afterAttempt(
  health: Health,
  signal: HealthSignal,
  now: Millis,
  probe: boolean,
): Health {
  switch (signal.kind) {
    case "works":
      return afterSuccess(health, now);
    case "fails":
      return afterFailure(health, signal.asked, now, probe);
    case "disable":
      return health.state === "disabled"
        ? health
        : { state: "disabled", since: now, reason: signal.reason };
    case "silent":
      // After a probe that says nothing, the next one may go at once.
      return health;
  }
}

function afterSuccess(health: Health, now: Millis): Health {
  switch (health.state) {
    case "active":
      return health.failures === 0 ? health : { ...HEALTHY, since: health.since };
    case "probing":
      return { ...HEALTHY, since: now };
    case "paused":
    case "disabled":
      return health;
  }
}

function afterFailure(health: Health, asked: Millis, now: Millis, probe: boolean): Health {
  switch (health.state) {
    case "active": {
      const failures = health.failures + 1;
      const failingSince = health.failingSince ?? now;
      if (now - failingSince >= MAX_FAILING_MS)
        return { state: "disabled", since: now, reason: "failing" };
      if (failures < MAX_FAILURES_IN_A_ROW) return { ...health, failures, failingSince };
      return {
        state: "probing",
        since: now,
        failingSince,
        wait: FIRST_PROBE_WAIT_MS,
        probeAt: now + Math.max(FIRST_PROBE_WAIT_MS, asked),
      };
    }
    case "probing": {
      if (now - health.failingSince >= MAX_FAILING_MS)
        return { state: "disabled", since: now, reason: "failing" };
      if (!probe) return { ...health, probeAt: Math.max(health.probeAt, now + asked) };
      const wait = Math.min(health.wait * 2, MAX_PROBE_WAIT_MS);
      return { ...health, wait, probeAt: now + Math.max(wait, asked) };
    }
    case "paused":
    case "disabled":
      return health;
  }
}

/** The health after an operator paused the subscriber; a disabled one stays disabled. */
export function pause(health: Health, now: Millis): Health {
  return health.state === "paused" || health.state === "disabled"
    ? health
    : { state: "paused", since: now };
}

/** The health after an operator resumed the subscriber: a fresh start from every state. */
export function resume(health: Health, now: Millis): Health {
  return health.state === "active" ? health : { ...HEALTHY, since: now };
}
