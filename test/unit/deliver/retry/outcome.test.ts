// What every possible answer means for a delivery and its subscriber.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AttemptResult, FailureReason } from "../../../../src/deliver/attempt/result.ts";
import {
  decideOutcome,
  type DeliveryOutcome,
  type AttemptContext,
  type HealthSignal,
} from "../../../../src/deliver/retry/outcome.ts";
import { HOUR, MINUTE, SECOND } from "../../../../src/kernel/time.ts";

const NOW = Date.UTC(2026, 10, 21, 19);

const context = (over: Partial<AttemptContext> = {}): AttemptContext => ({
  now: NOW,
  waits: [5 * SECOND, 5 * MINUTE],
  step: 0,
  instantUsed: false,
  probe: false,
  chance: 0.5,
  ...over,
});

const answered = (status: number, headers: Record<string, string> = {}): AttemptResult => ({
  kind: "answer",
  status,
  headers,
  answer: "",
  ms: 20,
});
const failed = (reason: FailureReason, ms = 2_000): AttemptResult => ({
  kind: "failure",
  reason,
  error: "",
  ms,
});

const retry = (
  over: Partial<Extract<DeliveryOutcome, { kind: "retry" }>> = {},
): DeliveryOutcome => ({
  kind: "retry",
  due: NOW + 5 * SECOND,
  cause: "unavailable",
  step: 1,
  instant: false,
  ...over,
});
const refusal = retry({ cause: "refusal" });
const WORKS: HealthSignal = { kind: "works" };
const FAILS: HealthSignal = { kind: "fails", asked: 0 };
const DELIVERED: DeliveryOutcome = { kind: "delivered" };
const CANCELLED: DeliveryOutcome = { kind: "cancelled" };

describe("an answer", () => {
  test.each<[string, AttemptResult, DeliveryOutcome, HealthSignal]>([
    ["200", answered(200), DELIVERED, WORKS],
    ["204", answered(204), DELIVERED, WORKS],
    ["299", answered(299), DELIVERED, WORKS],
    ["100", answered(100), refusal, FAILS],
    ["300", answered(300), refusal, FAILS],
    ["304", answered(304), refusal, FAILS],
    ["308", answered(308), refusal, FAILS],
    ["400", answered(400), refusal, FAILS],
    ["401", answered(401), refusal, FAILS],
    ["404", answered(404), refusal, FAILS],
    ["408: overload", answered(408), retry({ due: NOW + MINUTE }), FAILS],
    ["409", answered(409), refusal, FAILS],
    ["410: gone", answered(410), { kind: "held" }, { kind: "disable", reason: "gone" }],
    ["411", answered(411), refusal, FAILS],
    ["422", answered(422), refusal, FAILS],
    ["425", answered(425), retry(), FAILS],
    ["429: overload", answered(429), retry({ due: NOW + MINUTE }), FAILS],
    [
      "429 with Retry-After",
      answered(429, { "retry-after": "3600" }),
      retry({ due: NOW + HOUR, cause: "asked" }),
      { kind: "fails", asked: HOUR },
    ],
    ["500", answered(500), retry(), FAILS],
    [
      "500 with a Retry-After that is not obeyed",
      answered(500, { "retry-after": "3600" }),
      retry(),
      FAILS,
    ],
    [
      "400 with a Retry-After that is not obeyed",
      answered(400, { "retry-after": "3600" }),
      refusal,
      FAILS,
    ],
    ["502", answered(502), retry(), FAILS],
    ["503", answered(503), retry(), FAILS],
    [
      "503 with Retry-After",
      answered(503, { "retry-after": "60" }),
      retry({ due: NOW + MINUTE, cause: "asked" }),
      { kind: "fails", asked: MINUTE },
    ],
    [
      "503 with a short Retry-After",
      answered(503, { "retry-after": "1" }),
      retry(),
      { kind: "fails", asked: SECOND },
    ],
    ["504", answered(504), retry(), FAILS],
    ["599", answered(599), retry(), FAILS],
    ["200 that aborts", answered(200, { "webhook-delivery": "abort-message" }), CANCELLED, WORKS],
    ["500 that aborts", answered(500, { "webhook-delivery": "abort-message" }), CANCELLED, WORKS],
    ["410 that aborts", answered(410, { "webhook-delivery": " Abort-Message " }), CANCELLED, WORKS],
    [
      "200 that disables",
      answered(200, { "webhook-delivery": "disable" }),
      CANCELLED,
      { kind: "disable", reason: "asked" },
    ],
    [
      "503 that disables",
      answered(503, { "webhook-delivery": "DISABLE" }),
      CANCELLED,
      { kind: "disable", reason: "asked" },
    ],
    [
      "200 with an unknown request",
      answered(200, { "webhook-delivery": "later" }),
      DELIVERED,
      WORKS,
    ],
  ])("%s", (_, result, outcome, signal) => {
    expect(decideOutcome(result, context())).toEqual({ outcome, signal });
  });
});

describe("no answer", () => {
  test.each<[string, AttemptResult, Partial<AttemptContext>, DeliveryOutcome]>([
    ["a timeout", failed("timeout", 15_000), {}, retry({ due: NOW + MINUTE })],
    ["a refused connection", failed("refused", 5), {}, retry()],
    ["a name that does not resolve", failed("dns", 5), {}, retry()],
    ["a certificate", failed("tls", 5), {}, retry()],
    [
      "a connection that breaks at once",
      failed("reset", 999),
      {},
      retry({ due: NOW, step: 0, instant: true }),
    ],
    [
      "a connection that breaks at once for an unknown reason",
      failed("unknown", 0),
      {},
      retry({ due: NOW, step: 0, instant: true }),
    ],
    [
      "a connection that breaks at once a second time",
      failed("reset", 5),
      { instantUsed: true },
      retry(),
    ],
    [
      "a probe whose connection breaks at once",
      failed("reset", 5),
      { probe: true },
      retry({ due: NOW, step: 0 }),
    ],
    ["a connection that breaks after a second", failed("reset", 1_000), {}, retry()],
    [
      "a connection that breaks after a second with no attempt left",
      failed("reset", 1_000),
      { step: 2 },
      { kind: "dead" },
    ],
    [
      "a connection that breaks at once with no attempt left is retried outside the schedule",
      failed("reset", 5),
      { step: 2 },
      retry({ due: NOW, step: 2, instant: true }),
    ],
  ])("%s", (_, result, over, outcome) => {
    expect(decideOutcome(result, context(over))).toEqual({ outcome, signal: FAILS });
  });

  test("nothing to deliver is cancelled, and says nothing about the subscriber", () => {
    expect(decideOutcome({ kind: "nothing", error: "no file", ms: 0 }, context())).toEqual({
      outcome: { kind: "cancelled" },
      signal: { kind: "silent" },
    });
  });

  test("what is impossible is dead, and says nothing about the subscriber", () => {
    expect(decideOutcome({ kind: "impossible", error: "too large", ms: 0 }, context())).toEqual({
      outcome: { kind: "dead" },
      signal: { kind: "silent" },
    });
  });
});

describe("the schedule", () => {
  test.each([
    [0, retry()],
    [1, retry({ due: NOW + 5 * MINUTE, step: 2 })],
    [2, { kind: "dead" }],
    [3, { kind: "dead" }],
  ])("after %i waits", (step, outcome) => {
    expect(decideOutcome(answered(500), context({ step })).outcome).toEqual(outcome);
  });

  test("a probe uses up no wait, is due again at once, and obeys what was asked for", () => {
    expect(decideOutcome(answered(500), context({ probe: true, step: 2 })).outcome).toEqual(
      retry({ due: NOW, step: 2 }),
    );
    expect(
      decideOutcome(answered(503, { "retry-after": "60" }), context({ probe: true })).outcome,
    ).toEqual(retry({ due: NOW + MINUTE, step: 0, cause: "asked" }));
  });

  test("every delivery ends after one attempt more than waits, and one immediate retry", () => {
    const status = fc.constantFrom(0, 301, 400, 408, 429, 500, 503);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 10 }),
        fc.array(status, { minLength: 20, maxLength: 20 }),
        (waits, statuses) => {
          let step = 0;
          let instantUsed = false;
          let attempts = 0;
          for (const one of statuses) {
            attempts += 1;
            const { outcome } = decideOutcome(
              one === 0 ? failed("reset", 1) : answered(one),
              context({ waits, step, instantUsed }),
            );
            if (outcome.kind === "dead") break;
            if (outcome.kind !== "retry") throw new Error(outcome.kind);
            step = outcome.step;
            instantUsed ||= outcome.instant;
          }
          expect(attempts).toBe(waits.length + 1 + (instantUsed ? 1 : 0));
        },
      ),
    );
  });
});

describe("a failure that says nothing about the subscriber", () => {
  const none = { healthSignal: "none" } as const;

  test.each<[string, AttemptResult]>([
    ["a file's server that answers 500", { ...answered(500), ...none }],
    ["a file's server that is not there", { ...failed("dns"), ...none }],
  ])("%s is tried again by the schedule, also as a probe, and then dead", (_, result) => {
    const silent = { kind: "silent" };
    expect(decideOutcome(result, context())).toEqual({ outcome: retry(), signal: silent });
    expect(decideOutcome(result, context({ probe: true }))).toEqual({
      outcome: retry(),
      signal: silent,
    });
    expect(decideOutcome(result, context({ step: 2, probe: true }))).toEqual({
      outcome: { kind: "dead" },
      signal: silent,
    });
  });
});
