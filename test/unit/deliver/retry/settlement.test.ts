// What an attempt changes in its row, its log and the subscriber's state.

import { describe, expect, test } from "vitest";
import { MAX_ERROR_CHARS, type AttemptResult } from "../../../../src/deliver/attempt/result.ts";
import { HEALTHY } from "../../../../src/deliver/retry/breaker.ts";
import type { QueueRow } from "../../../../src/deliver/queue/queue-row.ts";
import {
  settleAttempt,
  triggerOf,
  type EndedAttempt,
} from "../../../../src/deliver/retry/settlement.ts";
import { INITIAL_STATE } from "../../../../src/deliver/state.ts";
import { SECOND } from "../../../../src/kernel/time.ts";

const NOW = Date.UTC(2026, 10, 21, 19);

const row: QueueRow = {
  n: 1,
  job: "comments/g1",
  seq: 1,
  kind: "other",
  at: NOW,
  due: NOW,
  waiting: "fresh",
  cause: "manual",
  attempts: 0,
  step: 0,
  instantUsed: false,
};
const ended = (result: AttemptResult, over: Partial<EndedAttempt> = {}): EndedAttempt => ({
  row,
  result,
  probe: false,
  startedAt: NOW,
  endedAt: NOW + 40,
  waits: [5 * SECOND],
  chance: 0.5,
  ...over,
});
const ok: AttemptResult = { kind: "answer", status: 204, headers: {}, answer: "fine", ms: 40 };
const down: AttemptResult = { kind: "answer", status: 500, headers: {}, answer: "oops", ms: 40 };
const broken: AttemptResult = { kind: "failure", reason: "reset", error: "lost", ms: 40 };
const gone: AttemptResult = { kind: "answer", status: 410, headers: {}, answer: "", ms: 40 };

describe("an attempt", () => {
  test("that arrives ends the delivery and keeps the same state object, which needs no row", () => {
    const settlement = settleAttempt(ended(ok), INITIAL_STATE);
    expect(settlement).toEqual({
      row: { ...row, attempts: 1, cause: "schedule" },
      state: "delivered",
      outcome: "delivered",
      sent: true,
      entry: { time: NOW, ms: 40, trigger: "manual", status: 204, error: null, answer: "fine" },
      subscriberState: INITIAL_STATE,
    });
    expect(settlement.subscriberState).toBe(INITIAL_STATE);
  });

  test("that fails waits on the schedule and is remembered as the last failure", () => {
    expect(settleAttempt(ended(down), INITIAL_STATE)).toEqual({
      row: {
        ...row,
        attempts: 1,
        cause: "schedule",
        due: NOW + 40 + 5 * SECOND,
        waiting: "unavailable",
        step: 1,
      },
      state: "pending",
      outcome: "retry",
      sent: true,
      entry: { time: NOW, ms: 40, trigger: "manual", status: 500, error: null, answer: "oops" },
      subscriberState: {
        ...INITIAL_STATE,
        health: { ...HEALTHY, failures: 1, failingSince: NOW + 40 },
        lastFailure: { time: NOW, status: 500, error: null },
      },
    });
  });

  test("that breaks uses up its immediate retry", () => {
    const { row: after, entry } = settleAttempt(ended(broken), INITIAL_STATE);
    expect(after).toEqual({
      ...row,
      attempts: 1,
      cause: "schedule",
      due: NOW + 40,
      waiting: "unavailable",
      instantUsed: true,
    });
    expect(entry).toMatchObject({ status: 0, error: "reset: lost", answer: null });
    expect(settleAttempt(ended(broken, { row: after }), INITIAL_STATE).row).toMatchObject({
      due: NOW + 40 + 5 * SECOND,
      step: 1,
      instantUsed: true,
    });
  });

  test("that finds the receiver gone keeps the delivery", () => {
    const { row: after, state, subscriberState } = settleAttempt(ended(gone), INITIAL_STATE);
    expect([after.step, after.attempts, state]).toEqual([0, 1, "pending"]);
    expect([after.due, after.waiting]).toEqual([NOW + 40, "unavailable"]);
    expect(subscriberState.health).toEqual({ state: "disabled", since: NOW + 40, reason: "gone" });
    expect(subscriberState.lastFailure).toEqual({ time: NOW, status: 410, error: null });
  });

  test.each<[string, AttemptResult, object]>([
    [
      "an answer",
      { ...ok, answer: "a\u0000\u001b[2J\r\n\tb\u007f\u009b\u00e4" },
      { answer: "a[2J\n\tb\u00e4", error: null },
    ],
    [
      "a failure",
      { ...broken, error: "lost\u001b]0;x\u0007" },
      { answer: null, error: "reset: lost]0;x" },
    ],
    [
      "an impossibility",
      { kind: "impossible", error: "too\u0008 large", ms: 1 },
      { answer: null, error: "too large" },
    ],
  ])("of %s is kept without control characters, but for line feed and tab", (_, result, kept) => {
    expect(settleAttempt(ended(result), INITIAL_STATE).entry).toMatchObject(kept);
  });

  test.each([
    [MAX_ERROR_CHARS, MAX_ERROR_CHARS],
    [MAX_ERROR_CHARS + 1, MAX_ERROR_CHARS],
  ])("an error of %i characters is kept up to %i", (length, kept) => {
    expect(
      settleAttempt(ended({ kind: "impossible", error: "x".repeat(length), ms: 1 }), INITIAL_STATE)
        .entry.error,
    ).toHaveLength(kept);
  });

  test("that had nothing to deliver is cancelled, with the reason in its log", () => {
    const probing = { ...INITIAL_STATE, health: { ...HEALTHY, failures: 9, failingSince: NOW } };
    const settlement = settleAttempt(ended({ kind: "nothing", error: "no file", ms: 0 }), probing);
    expect(settlement).toMatchObject({
      state: "cancelled",
      sent: false,
      entry: { time: NOW, ms: 0, status: 0, error: "no file", answer: null },
    });
    expect(settlement.subscriberState).toBe(probing);
  });

  test("whose receiver asks to be disabled is no failure of it", () => {
    const asks = { ...ok, headers: { "webhook-delivery": "disable" } };
    expect(settleAttempt(ended(asks), INITIAL_STATE).subscriberState).toEqual({
      ...INITIAL_STATE,
      health: { state: "disabled", since: NOW + 40, reason: "asked" },
    });
  });

  test("of a paused subscriber is remembered as its failure, although it stays paused", () => {
    const paused = { ...INITIAL_STATE, health: { state: "paused", since: NOW } } as const;
    expect(settleAttempt(ended(down), paused).subscriberState).toEqual({
      ...paused,
      lastFailure: { time: NOW, status: 500, error: null },
    });
  });

  test("that arrives closes the breaker and leaves the last failure known", () => {
    const lastFailure = { time: NOW - SECOND, status: 500, error: null };
    const failing = { ...HEALTHY, failures: 9, failingSince: NOW };
    const before = { ...INITIAL_STATE, health: failing, lastFailure };
    expect(settleAttempt(ended(ok), before).subscriberState).toEqual({
      ...INITIAL_STATE,
      health: HEALTHY,
      lastFailure,
    });
  });

  test.each([
    { format: undefined, shown: {} },
    { format: "raw", shown: { format: "raw" } },
  ] as const)("has the format $format in its log", ({ format, shown }) => {
    const given = format === undefined ? ended(ok) : ended(ok, { format });
    expect(settleAttempt(given, INITIAL_STATE).entry).toEqual({
      time: NOW,
      ms: 40,
      trigger: "manual",
      status: 204,
      error: null,
      answer: "fine",
      ...shown,
    });
    expect(Object.hasOwn(settleAttempt(given, INITIAL_STATE).entry, "format")).toBe(
      format !== undefined,
    );
  });

  test("that is impossible is dead and blames nobody", () => {
    const settlement = settleAttempt(
      ended({ kind: "impossible", error: "too large", ms: 1 }),
      INITIAL_STATE,
    );
    expect([settlement.state, settlement.subscriberState, settlement.entry.error]).toEqual([
      "dead",
      INITIAL_STATE,
      "too large",
    ]);
  });
});

test.each([
  [{ cause: "schedule", attempts: 0 }, false, "initial"],
  [{ cause: "schedule", attempts: 1 }, false, "retry"],
  [{ cause: "schedule", attempts: 0 }, true, "probe"],
  [{ cause: "schedule", attempts: 3 }, true, "probe"],
  [{ cause: "manual", attempts: 3 }, true, "manual"],
  [{ cause: "replay", attempts: 0 }, false, "replay"],
] as const)("an attempt of %o (probe: %s) is made as %s", (over, probe, trigger) => {
  expect(triggerOf({ ...row, ...over }, probe)).toBe(trigger);
});
