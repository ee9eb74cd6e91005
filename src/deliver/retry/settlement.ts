// What an attempt changes: its delivery's row, the entry in its log, and the subscriber's state.

import type { Format } from "../../config/settings.ts";
import type { Millis } from "../../kernel/time.ts";
import { MAX_ERROR_CHARS, type AttemptResult, type Failed } from "../attempt/result.ts";
import { afterAttempt } from "./breaker.ts";
import { decideOutcome, type DeliveryOutcome } from "./outcome.ts";
import type { QueueRow } from "../queue/queue-row.ts";
import type { SubscriberState } from "../state.ts";
import type { AttemptEntry, StoredState, Trigger } from "../delivery.ts";
import { cutText } from "../../kernel/json/text.ts";

/** An attempt that has ended. */
export interface EndedAttempt {
  readonly row: QueueRow;
  readonly result: AttemptResult;
  readonly probe: boolean;
  readonly startedAt: Millis;
  readonly endedAt: Millis;
  /** The subscriber's format. */
  readonly format?: Format;
  /** The subscriber's waits before attempts 2, 3, …. */
  readonly waits: readonly Millis[];
  /** In [0, 1). */
  readonly chance: number;
}

/** What an attempt changes. */
export interface Settlement {
  readonly row: QueueRow;
  /** The delivery's. */
  readonly state: StoredState;
  readonly outcome: DeliveryOutcome["kind"];
  /** False when there was nothing to deliver: no statistic counts such an attempt. */
  readonly sent: boolean;
  readonly entry: AttemptEntry;
  readonly subscriberState: SubscriberState;
}

/** Why an attempt is made, in the words of the API. */
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

/** Settles an attempt. An unchanged subscriber keeps the same state object. */
export function settleAttempt(ended: EndedAttempt, before: SubscriberState): Settlement {
  const { row, result, probe, endedAt } = ended;
  const { outcome, signal } = decideOutcome(result, {
    now: endedAt,
    waits: ended.waits,
    step: row.step,
    instantUsed: row.instantUsed,
    probe,
    chance: ended.chance,
  });
  const entry = entryOf(ended);
  const health = afterAttempt(before.health, signal, endedAt, probe);
  const failed = signal.kind === "fails" || (signal.kind === "disable" && signal.reason === "gone");
  const lastFailure = failed
    ? { time: ended.startedAt, status: entry.status, error: entry.error }
    : before.lastFailure;
  const changed = health !== before.health || lastFailure !== before.lastFailure;
  return {
    ...nextRow({ ...row, attempts: row.attempts + 1, cause: "schedule" }, outcome, endedAt),
    outcome: outcome.kind,
    sent: result.kind !== "nothing",
    entry,
    subscriberState: changed ? { ...before, health, lastFailure } : before,
  };
}

function nextRow(
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

/** The reason in a word, where it is known, and the error. */
const failureLine = ({ reason, error }: Failed): string =>
  reason === "unknown" ? error : `${reason}: ${error}`;

function entryOf({ row, result, probe, startedAt, format }: EndedAttempt): AttemptEntry {
  const common = {
    time: startedAt,
    ms: result.ms,
    trigger: triggerOf(row, probe),
    ...(format === undefined ? {} : { format }),
  };
  switch (result.kind) {
    case "answer":
      return { ...common, status: result.status, error: null, answer: printable(result.answer) };
    case "failure":
      return {
        ...common,
        status: 0,
        error: cutText(printable(failureLine(result)), MAX_ERROR_CHARS),
        answer: null,
      };
    case "impossible":
    case "nothing":
      return {
        ...common,
        status: 0,
        error: cutText(printable(result.error), MAX_ERROR_CHARS),
        answer: null,
      };
  }
}

/** Control characters but for line feed and tab: a terminal takes them for commands. */
const CONTROLS = /[^\P{Cc}\n\t]/gu;

const printable = (text: string): string => text.replace(CONTROLS, "");
