// The health of a subscriber: which deliveries may leave now. Opens after failures in a row, probes, closes on a success.

import { DAY, MINUTE, SECOND, type Millis } from "../../kernel/time.ts";
import type { HealthSignal } from "./outcome.ts";

/** Failed attempts in a row that open the breaker (contract, section 6). Any failed attempt counts, a 4xx included: ten in a row are no matter of one event. */
export const OPENS_AFTER = 10;

/** The wait before the first probe; each failed probe doubles it. */
export const FIRST_PROBE: Millis = 30 * SECOND;

/** The longest wait between two probes: how late a recovery is noticed at worst. */
export const MAX_PROBE: Millis = 10 * MINUTE;

/** A subscriber that fails this long without one success is disabled (contract, section 6). */
export const DISABLED_AFTER: Millis = 5 * DAY;

/** Why a subscriber is disabled: it answered 410, it asked for it by header, or it failed for `DISABLED_AFTER`. */
export type DisableReason = "gone" | "asked" | "failing";

/** The states, named as the API shows them. `since` is when the state began, `failingSince` the first failure after the last success. */
export type Health =
  /** Closed; `failures` in a row so far. */
  | {
      readonly state: "active";
      readonly since: Millis | null;
      readonly failures: number;
      readonly failingSince: Millis | null;
    }
  /** Open until `probeAt`, then half-open: one delivery may leave. */
  | {
      readonly state: "probing";
      readonly since: Millis;
      readonly failingSince: Millis;
      readonly wait: Millis;
      readonly probeAt: Millis;
    }
  | { readonly state: "paused"; readonly since: Millis }
  | { readonly state: "disabled"; readonly since: Millis; readonly reason: DisableReason };

/** A subscriber nobody has heard of yet. */
export const HEALTHY: Extract<Health, { state: "active" }> = {
  state: "active",
  since: null,
  failures: 0,
  failingSince: null,
};

/** What may leave: everything, one delivery, or nothing before `until` (`null`: not before somebody resumes it). */
export type Gate =
  | { readonly kind: "open" }
  | { readonly kind: "probe" }
  | { readonly kind: "shut"; readonly until: Millis | null };

/** Reads the gate; while anything is under way, a half-open breaker lets nothing follow. */
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

/** An attempt's effect. `probe` tells the probe's own result from those of attempts that began before the breaker opened. */
export function afterAttempt(
  health: Health,
  verdict: HealthSignal,
  now: Millis,
  probe: boolean,
): Health {
  switch (verdict.kind) {
    case "works":
      return works(health, now);
    case "fails":
      return fails(health, verdict.asked, now, probe);
    case "disable":
      return health.state === "disabled"
        ? health
        : { state: "disabled", since: now, reason: verdict.reason };
    case "silent":
      // A probe that says nothing lets the next one go at once.
      return health;
  }
}

function works(health: Health, now: Millis): Health {
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

function fails(health: Health, asked: Millis, now: Millis, probe: boolean): Health {
  switch (health.state) {
    case "active": {
      const failures = health.failures + 1;
      const failingSince = health.failingSince ?? now;
      if (now - failingSince >= DISABLED_AFTER)
        return { state: "disabled", since: now, reason: "failing" };
      if (failures < OPENS_AFTER) return { ...health, failures, failingSince };
      return {
        state: "probing",
        since: now,
        failingSince,
        wait: FIRST_PROBE,
        probeAt: now + Math.max(FIRST_PROBE, asked),
      };
    }
    case "probing": {
      if (now - health.failingSince >= DISABLED_AFTER)
        return { state: "disabled", since: now, reason: "failing" };
      if (!probe) return { ...health, probeAt: Math.max(health.probeAt, now + asked) };
      const wait = Math.min(health.wait * 2, MAX_PROBE);
      return { ...health, wait, probeAt: now + Math.max(wait, asked) };
    }
    case "paused":
    case "disabled":
      return health;
  }
}

/** The operator's wish to hold everything; a disabled subscriber stays disabled, which holds everything as well. */
export function pause(health: Health, now: Millis): Health {
  return health.state === "paused" || health.state === "disabled"
    ? health
    : { state: "paused", since: now };
}

/** The operator's wish to deliver: from every state a fresh start. */
export function resume(health: Health, now: Millis): Health {
  return health.state === "active" ? health : { ...HEALTHY, since: now };
}
