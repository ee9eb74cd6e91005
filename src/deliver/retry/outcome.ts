// What an attempt means for its delivery and for its subscriber (contract, section 6).

import { SECOND, type Millis } from "../../kernel/time.ts";
import type { Answered, AttemptResult, Failed } from "../attempt/result.ts";
import { nextAttempt, retryAfter } from "./schedule.ts";

/** What becomes of the delivery. `step` is how many waits of the schedule are used up afterwards. */
export type DeliveryOutcome =
  | { readonly kind: "delivered" }
  /**
   * Tried again at `due`. `refusal`: the receiver is there and does not want this one, so nobody waits behind it. `asked`: the
   * receiver is unavailable and has named the instant.
   */
  | {
      readonly kind: "retry";
      readonly due: Millis;
      readonly cause: "unavailable" | "asked" | "refusal";
      readonly step: number;
      readonly instant: boolean;
    }
  /** No attempt is left, or none can fare better. */
  | { readonly kind: "dead" }
  /** The receiver asked to forget it. */
  | { readonly kind: "cancelled" }
  /** Kept as it was: the subscriber takes nothing any more until it is resumed. */
  | { readonly kind: "held" };

/** What the attempt says about the subscriber as a whole. */
export type HealthSignal =
  | { readonly kind: "works" }
  | { readonly kind: "fails"; readonly asked: Millis }
  | { readonly kind: "disable"; readonly reason: "gone" | "asked" }
  /** Nothing: the delivery itself was impossible. */
  | { readonly kind: "silent" };

/** The delivery as the attempt found it. */
export interface AttemptContext {
  readonly now: Millis;
  readonly waits: readonly Millis[];
  readonly step: number;
  /** Its one immediate retry is used up. */
  readonly instantUsed: boolean;
  /** A probe of the breaker, which uses up no wait of the schedule. */
  readonly probe: boolean;
  /** In [0, 1). */
  readonly chance: number;
}

/** A connection that breaks within this long was most likely a stale one of the pool: worth one immediate retry. */
export const BROKEN_WITHIN: Millis = SECOND;

/** Statuses below 500 that say "not now" rather than "not this": request timeout, too early (RFC 8470), too many requests. */
const NOT_NOW: ReadonlySet<number> = new Set([408, 425, 429]);

/** True for an answer that says the receiver cannot take anything at present: later events of the job wait. */
export const isUnavailable = (status: number): boolean => status >= 500 || NOT_NOW.has(status);

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Decides about the delivery and the subscriber together; total over everything a target can answer. */
export function decideOutcome(
  result: AttemptResult,
  standing: AttemptContext,
): { readonly outcome: DeliveryOutcome; readonly verdict: HealthSignal } {
  switch (result.kind) {
    case "answer":
      return judgeAnswer(result, standing);
    case "failure":
      return judgeFailure(result, standing);
    case "impossible":
      return { outcome: { kind: "dead" }, verdict: { kind: "silent" } };
  }
}

function judgeAnswer(
  result: Answered,
  standing: AttemptContext,
): { readonly outcome: DeliveryOutcome; readonly verdict: HealthSignal } {
  const { status, headers } = result;
  const wish = headers["webhook-delivery"]?.trim().toLowerCase();
  if (wish === "disable")
    return { outcome: { kind: "cancelled" }, verdict: { kind: "disable", reason: "asked" } };
  // Whatever the status: a receiver that answers with a wish has looked at the event.
  if (wish === "abort-message")
    return { outcome: { kind: "cancelled" }, verdict: { kind: "works" } };
  if (isSuccess(status)) return { outcome: { kind: "delivered" }, verdict: { kind: "works" } };
  if (status === 410)
    return { outcome: { kind: "held" }, verdict: { kind: "disable", reason: "gone" } };
  const asked =
    status === 429 || status === 503 ? retryAfter(headers["retry-after"], standing.now) : 0;
  const cause = isUnavailable(status) ? "unavailable" : "refusal";
  const outcome = again(standing, { cause, overload: status === 429 || status === 408, asked });
  return { outcome, verdict: { kind: "fails", asked } };
}

function judgeFailure(
  result: Failed,
  standing: AttemptContext,
): { readonly outcome: DeliveryOutcome; readonly verdict: HealthSignal } {
  const broke =
    (result.reason === "reset" || result.reason === "unknown") && result.ms < BROKEN_WITHIN;
  const outcome: DeliveryOutcome =
    broke && !standing.instantUsed && !standing.probe
      ? {
          kind: "retry",
          due: standing.now,
          cause: "unavailable",
          step: standing.step,
          instant: true,
        }
      : again(standing, { cause: "unavailable", overload: result.reason === "timeout", asked: 0 });
  return { outcome, verdict: { kind: "fails", asked: 0 } };
}

interface Again {
  readonly cause: "unavailable" | "refusal";
  readonly overload: boolean;
  readonly asked: Millis;
}

function again(standing: AttemptContext, { cause, overload, asked }: Again): DeliveryOutcome {
  const { now, waits, step, chance, probe } = standing;
  // The breaker says when a probe comes next: the delivery is as it was before, but for what the receiver asked for.
  const due = probe ? now + asked : nextAttempt({ now, waits, step, chance, overload, asked });
  if (due === null) return { kind: "dead" };
  const named = asked > 0 && due === now + asked;
  return {
    kind: "retry",
    due,
    cause: named ? "asked" : cause,
    step: probe ? step : step + 1,
    instant: false,
  };
}
