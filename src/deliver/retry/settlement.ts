// What an attempt changes: its delivery's row, the entry in its log, and what the subscriber knows about itself.

import type { Millis } from "../../kernel/time.ts";
import { ERROR_CHARS, type AttemptResult } from "../attempt/result.ts";
import { afterAttempt } from "./breaker.ts";
import { decideOutcome, type DeliveryOutcome } from "./outcome.ts";
import type { QueueRow } from "../queue/plan.ts";
import type { SubscriberState } from "../state.ts";
import type { AttemptEntry, StoredState, Trigger } from "../view.ts";

/** An attempt that has ended. */
export interface Ended {
  readonly row: QueueRow;
  readonly result: AttemptResult;
  readonly probe: boolean;
  readonly startedAt: Millis;
  readonly endedAt: Millis;
  /** The subscriber's waits before attempts 2, 3, …. */
  readonly waits: readonly Millis[];
  /** In [0, 1). */
  readonly chance: number;
}

export interface Settlement {
  readonly row: QueueRow;
  readonly state: StoredState;
  readonly outcome: DeliveryOutcome["kind"];
  readonly entry: AttemptEntry;
  readonly standing: SubscriberState;
}

/** Why an attempt is made, in the API's words. */
export function triggerOf(row: QueueRow, probe: boolean): Trigger {
  switch (row.cause) {
    case "manual":
    case "replay":
      return row.cause;
    case "schedule":
      if (probe) return "probe";
      return row.attempts === 0 ? "initial" : "retry";
  }
}

/** Settles an attempt. The standing is the same object when nothing in it changed. */
export function settleAttempt(ended: Ended, standing: SubscriberState): Settlement {
  const { row, result, probe, endedAt } = ended;
  const { outcome, verdict } = decideOutcome(result, {
    now: endedAt,
    waits: ended.waits,
    step: row.step,
    instantUsed: row.instantUsed,
    probe,
    chance: ended.chance,
  });
  const entry = entryOf(ended);
  const health = afterAttempt(standing.health, verdict, endedAt, probe);
  const failed =
    verdict.kind === "fails" || (verdict.kind === "disable" && verdict.reason === "gone");
  const lastFailure = failed
    ? { time: ended.startedAt, status: entry.status, error: entry.error }
    : standing.lastFailure;
  const changed = health !== standing.health || lastFailure !== standing.lastFailure;
  return {
    ...becomes({ ...row, attempts: row.attempts + 1, cause: "schedule" }, outcome, endedAt),
    outcome: outcome.kind,
    entry,
    standing: changed ? { ...standing, health, lastFailure } : standing,
  };
}

function becomes(
  row: QueueRow,
  outcome: DeliveryOutcome,
  at: Millis,
): Pick<Settlement, "row" | "state"> {
  switch (outcome.kind) {
    case "delivered":
    case "dead":
    case "cancelled":
      return { row, state: outcome.kind };
    case "retry": {
      const { due, cause, step, instant } = outcome;
      return {
        row: { ...row, due, waiting: cause, step, instantUsed: row.instantUsed || instant },
        state: "pending",
      };
    }
    case "held":
      return { row: { ...row, due: at, waiting: "unavailable" }, state: "pending" };
  }
}

function entryOf({ row, result, probe, startedAt }: Ended): AttemptEntry {
  const about = { time: startedAt, ms: result.ms, trigger: triggerOf(row, probe) };
  switch (result.kind) {
    case "answer":
      return { ...about, status: result.status, error: null, answer: printable(result.answer) };
    case "failure":
      return {
        ...about,
        status: 0,
        error: printable(`${result.reason}: ${result.error}`).slice(0, ERROR_CHARS),
        answer: null,
      };
    case "impossible":
      return {
        ...about,
        status: 0,
        error: printable(result.error).slice(0, ERROR_CHARS),
        answer: null,
      };
  }
}

/** Control characters (Unicode Cc) but for line feed and tab: in a terminal they are commands, in JSON six bytes each. */
const CONTROLS = /[^\P{Cc}\n\t]/gu;

const printable = (text: string): string => text.replace(CONTROLS, "");
