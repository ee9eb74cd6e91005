// The breaker: when it opens, how it probes, that it always closes on a success.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterAttempt,
  MAX_FAILING_MS,
  FIRST_PROBE_WAIT_MS,
  gateOf,
  HEALTHY,
  MAX_PROBE_WAIT_MS,
  MAX_FAILURES_IN_A_ROW,
  pause,
  resume,
  type Health,
} from "../../../../src/deliver/retry/breaker.ts";
import type { HealthSignal } from "../../../../src/deliver/retry/outcome.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../../../src/kernel/time.ts";

const NOW = Date.UTC(2026, 10, 21, 19);
const FAILS: HealthSignal = { kind: "fails", asked: 0 };
const WORKS: HealthSignal = { kind: "works" };
const failing = (failures: number): Health => ({
  state: "active",
  since: null,
  failures,
  failingSince: NOW - MINUTE,
});
const probing: Health = {
  state: "probing",
  since: NOW,
  failingSince: NOW - MINUTE,
  wait: FIRST_PROBE_WAIT_MS,
  probeAt: NOW + FIRST_PROBE_WAIT_MS,
};
const paused: Health = { state: "paused", since: NOW - HOUR };
const disabled: Health = { state: "disabled", since: NOW - HOUR, reason: "gone" };

describe("an attempt", () => {
  test.each<[string, Health, HealthSignal, boolean, Health]>([
    [
      "the first failure counts",
      HEALTHY,
      FAILS,
      false,
      { state: "active", since: null, failures: 1, failingSince: NOW },
    ],
    ["the ninth leaves it closed", failing(8), FAILS, false, failing(9)],
    ["the tenth opens it", failing(9), FAILS, false, probing],
    [
      "Retry-After defers the first probe",
      failing(9),
      { kind: "fails", asked: HOUR },
      false,
      { ...probing, probeAt: NOW + HOUR },
    ],
    ["a success clears the count", failing(9), WORKS, false, HEALTHY],
    ["a success changes nothing when nothing failed", HEALTHY, WORKS, false, HEALTHY],
    ["an impossible delivery says nothing", failing(9), { kind: "silent" }, false, failing(9)],
    [
      "a failed probe doubles the wait",
      probing,
      FAILS,
      true,
      { ...probing, wait: MINUTE, probeAt: NOW + MINUTE },
    ],
    [
      "the wait has a limit",
      { ...probing, wait: MAX_PROBE_WAIT_MS },
      FAILS,
      true,
      { ...probing, wait: MAX_PROBE_WAIT_MS, probeAt: NOW + MAX_PROBE_WAIT_MS },
    ],
    ["a failure from before it opened changes nothing", probing, FAILS, false, probing],
    ["a success of a probe closes it", probing, WORKS, true, { ...HEALTHY, since: NOW }],
    [
      "a success from before it opened closes it",
      probing,
      WORKS,
      false,
      { ...HEALTHY, since: NOW },
    ],
    [
      "a request to be disabled disables",
      HEALTHY,
      { kind: "disable", reason: "asked" },
      false,
      { state: "disabled", since: NOW, reason: "asked" },
    ],
    [
      "410 disables a paused one too",
      paused,
      { kind: "disable", reason: "gone" },
      false,
      { state: "disabled", since: NOW, reason: "gone" },
    ],
    [
      "a disabled one keeps its reason",
      disabled,
      { kind: "disable", reason: "asked" },
      false,
      disabled,
    ],
    ["a paused one stays paused after a success", paused, WORKS, false, paused],
    ["a paused one stays paused after a failure", paused, FAILS, false, paused],
    ["a disabled one stays disabled after a failure", disabled, FAILS, false, disabled],
    [
      "a failure from before it opened defers the probe to what it asked for",
      probing,
      { kind: "fails", asked: HOUR },
      false,
      { ...probing, probeAt: NOW + HOUR },
    ],
    ["a disabled one stays disabled after a success", disabled, WORKS, false, disabled],
    [
      "five days of failure disable",
      { ...probing, failingSince: NOW - MAX_FAILING_MS },
      FAILS,
      true,
      { state: "disabled", since: NOW, reason: "failing" },
    ],
    [
      "a millisecond less does not",
      { ...probing, failingSince: NOW - MAX_FAILING_MS + 1 },
      FAILS,
      true,
      { ...probing, failingSince: NOW - MAX_FAILING_MS + 1, wait: MINUTE, probeAt: NOW + MINUTE },
    ],
    [
      "five days with fewer than ten attempts disable as well",
      { state: "active", since: null, failures: 3, failingSince: NOW - MAX_FAILING_MS },
      FAILS,
      false,
      { state: "disabled", since: NOW, reason: "failing" },
    ],
  ])("%s", (_, ...[before, signal, probe, after]) => {
    expect(afterAttempt(before, signal, NOW, probe)).toEqual(after);
  });
});

test.each<[string, Health, number, number, ReturnType<typeof gateOf>]>([
  ["active", failing(9), NOW, 3, { kind: "open" }],
  [
    "probing, before its time",
    probing,
    NOW + FIRST_PROBE_WAIT_MS - 1,
    0,
    { kind: "shut", until: NOW + FIRST_PROBE_WAIT_MS },
  ],
  ["probing, at its time", probing, NOW + FIRST_PROBE_WAIT_MS, 0, { kind: "probe" }],
  [
    "probing, with one under way",
    probing,
    NOW + FIRST_PROBE_WAIT_MS,
    1,
    { kind: "shut", until: null },
  ],
  ["paused", paused, NOW, 0, { kind: "shut", until: null }],
  ["disabled", disabled, NOW, 0, { kind: "shut", until: null }],
])("the gate: %s", (_, ...[health, now, underWay, gate]) => {
  expect(gateOf(health, now, underWay)).toEqual(gate);
});

test.each<[string, Health, Health]>([
  ["active", failing(3), { state: "paused", since: NOW }],
  ["probing", probing, { state: "paused", since: NOW }],
  ["paused", paused, paused],
  ["disabled", disabled, disabled],
])("pause: %s", (_, before, after) => {
  expect(pause(before, NOW)).toEqual(after);
});

test.each<[string, Health, Health]>([
  ["active", failing(3), failing(3)],
  ["probing", probing, { ...HEALTHY, since: NOW }],
  ["paused", paused, { ...HEALTHY, since: NOW }],
  ["disabled", disabled, { ...HEALTHY, since: NOW }],
])("resume: %s", (_, before, after) => {
  expect(resume(before, NOW)).toEqual(after);
});

describe("always", () => {
  const attempts = fc.array(
    fc.record({
      works: fc.boolean(),
      probe: fc.boolean(),
      after: fc.nat(HOUR),
      asked: fc.nat(DAY),
    }),
    {
      maxLength: 60,
    },
  );

  test("opens after ten failures in a row and closes after one success", () => {
    fc.assert(
      fc.property(attempts, (history) => {
        let now = NOW;
        let health = HEALTHY as Health;
        const take = (signal: HealthSignal, probe: boolean): void => {
          health = afterAttempt(health, signal, now, probe);
        };
        for (const { works, probe, after, asked } of history) {
          now += after;
          take(works ? WORKS : { kind: "fails", asked }, probe);
        }
        for (let index = 0; index < MAX_FAILURES_IN_A_ROW; index += 1) take(FAILS, false);
        expect(["probing", "disabled"]).toContain(health.state);
        if (health.state === "disabled") return;
        take(WORKS, true);
        expect(health).toEqual({ ...HEALTHY, since: now });
        expect(gateOf(health, now, 0)).toEqual({ kind: "open" });
      }),
    );
  });

  test("probes while it is open, never later than its limit or than what was asked for", () => {
    fc.assert(
      fc.property(attempts, (history) => {
        let now = NOW;
        let health: Health = probing;
        let asked = 0;
        for (const attempt of history) {
          now += attempt.after;
          asked = Math.max(asked, attempt.asked);
          health = afterAttempt(
            health,
            { kind: "fails", asked: attempt.asked },
            now,
            attempt.probe,
          );
          if (health.state !== "probing") return;
          expect(health.probeAt).toBeLessThanOrEqual(now + Math.max(MAX_PROBE_WAIT_MS, asked));
          expect(gateOf(health, health.probeAt, 0)).toEqual({ kind: "probe" });
        }
      }),
    );
  });

  test("a subscriber that only fails is disabled after five days and a probe at the latest", () => {
    let now = NOW;
    let health: Health = HEALTHY;
    let probes = 0;
    while (health.state !== "disabled") {
      if (health.state === "probing") now = health.probeAt;
      else now += SECOND;
      probes += 1;
      health = afterAttempt(health, FAILS, now, health.state === "probing");
    }
    expect(now - NOW).toBeGreaterThanOrEqual(MAX_FAILING_MS);
    expect(now - NOW).toBeLessThanOrEqual(MAX_FAILING_MS + MAX_PROBE_WAIT_MS + 10 * SECOND);
    // One every 10 minutes: five days have 720 of them.
    expect(probes).toBeLessThan(750);
  });
});
