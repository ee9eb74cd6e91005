// What an attempt means for its delivery and for its subscriber.

import { retryAfter } from "../../kernel/http/retry-after.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import type { Answered, AttemptResult, Failed } from "../attempt/result.ts";
import { nextAttempt } from "./schedule.ts";

/** What becomes of the delivery. `step` counts the waits of the schedule that are used up then. */
export type DeliveryOutcome =
  | { readonly kind: "delivered" }
  /**
   * Tried again at `due`. `refusal`: the receiver works and refused this event, so no other event
   * waits for it. `asked`: the receiver is unavailable and has named the instant. `instant`: this
   * is the one retry without a wait.
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
  /** The receiver asked to forget it, or it holds nothing for its target. */
  | { readonly kind: "cancelled" }
  /** Kept as it was: the subscriber takes nothing any more until it is resumed. */
  | { readonly kind: "held" };

/** What the attempt says about the subscriber as a whole. `asked` is the wait it asked for. */
export type HealthSignal =
  | { readonly kind: "works" }
  | { readonly kind: "fails"; readonly asked: Millis }
  | { readonly kind: "disable"; readonly reason: "gone" | "asked" }
  /** Nothing: the delivery itself was impossible, or there was nothing to deliver. */
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

/** A connection that breaks this soon was most likely a stale one of the pool: retry at once. */
const STALE_CONNECTION_MS: Millis = SECOND;

/** Statuses below 500 that refuse every event for now: 408 Timeout, 425 Too Early, 429. */
const UNAVAILABLE_BELOW_500: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether the receiver cannot take anything at present, so that later events of the job wait. */
const isUnavailable = (status: number): boolean =>
  status >= 500 || UNAVAILABLE_BELOW_500.has(status);

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** What an attempt means. */
interface AttemptDecision {
  readonly outcome: DeliveryOutcome;
  readonly signal: HealthSignal;
}

/** Decides about the delivery and the subscriber together. */
export function decideOutcome(result: AttemptResult, context: AttemptContext): AttemptDecision {
  switch (result.kind) {
    case "answer":
      return withoutBlame(result, context, (given) => decideAnswer(result, given));
    case "failure":
      return withoutBlame(result, context, (given) => decideFailure(result, given));
    case "impossible":
      return { outcome: { kind: "dead" }, signal: { kind: "silent" } };
    case "nothing":
      return { outcome: { kind: "cancelled" }, signal: { kind: "silent" } };
  }
}

/**
 * Decides; a result that says nothing about the subscriber gives no signal. As a probe it would use
 * up no wait and come again at once, so it is then an attempt like any other.
 */
function withoutBlame(
  { healthSignal }: Answered | Failed,
  context: AttemptContext,
  decide: (context: AttemptContext) => AttemptDecision,
): AttemptDecision {
  if (healthSignal !== "none") return decide(context);
  return { ...decide({ ...context, probe: false }), signal: { kind: "silent" } };
}

function decideAnswer(result: Answered, context: AttemptContext): AttemptDecision {
  const { status, headers } = result;
  const request = headers["webhook-delivery"]?.trim().toLowerCase();
  if (request === "disable")
    return { outcome: { kind: "cancelled" }, signal: { kind: "disable", reason: "asked" } };
  // Whatever the status is: a receiver that asks for this has looked at the event.
  if (request === "abort-message")
    return { outcome: { kind: "cancelled" }, signal: { kind: "works" } };
  if (isSuccess(status)) return { outcome: { kind: "delivered" }, signal: { kind: "works" } };
  if (status === 410)
    return { outcome: { kind: "held" }, signal: { kind: "disable", reason: "gone" } };
  const asked =
    status === 429 || status === 503 ? retryAfter(headers["retry-after"], context.now) : 0;
  const cause = isUnavailable(status) ? "unavailable" : "refusal";
  const outcome = retryOrDie(context, { cause, overload: status === 429 || status === 408, asked });
  return { outcome, signal: { kind: "fails", asked } };
}

function decideFailure(result: Failed, context: AttemptContext): AttemptDecision {
  const isStaleConnection =
    (result.reason === "reset" || result.reason === "unknown") && result.ms < STALE_CONNECTION_MS;
  const outcome: DeliveryOutcome =
    isStaleConnection && !context.instantUsed && !context.probe
      ? {
          kind: "retry",
          due: context.now,
          cause: "unavailable",
          step: context.step,
          instant: true,
        }
      : retryOrDie(context, {
          cause: "unavailable",
          overload: result.reason === "timeout",
          asked: 0,
        });
  return { outcome, signal: { kind: "fails", asked: 0 } };
}

interface Failure {
  readonly cause: "unavailable" | "refusal";
  readonly overload: boolean;
  readonly asked: Millis;
}

function retryOrDie(context: AttemptContext, { cause, overload, asked }: Failure): DeliveryOutcome {
  const { now, waits, step, chance, probe } = context;
  // The breaker says when the next probe comes, so a probe uses up no wait of the schedule.
  const due = probe ? now + asked : nextAttempt({ now, waits, step, chance, overload, asked });
  if (due === null) return { kind: "dead" };
  const isAskedInstant = asked > 0 && due === now + asked;
  return {
    kind: "retry",
    due,
    cause: isAskedInstant ? "asked" : cause,
    step: probe ? step : step + 1,
    instant: false,
  };
}
