// Which changes of a subscriber's health operators are told about.

import { describe, expect, test } from "vitest";
import { withHealthNotice } from "../../../../src/deliver/report/health-notice.ts";
import { HEALTHY, type Health } from "../../../../src/deliver/retry/breaker.ts";
import { INITIAL_STATE, type SubscriberState } from "../../../../src/deliver/state.ts";

const stamp = () => ({ id: "evt_1", at: 5_000, traceparent: "t" });

const ACTIVE: Health = { ...HEALTHY, failures: 9, failingSince: 1_000 };
const PROBING: Health = {
  state: "probing",
  since: 5_000,
  failingSince: 1_000,
  wait: 30_000,
  probeAt: 35_000,
};
const PAUSED: Health = { state: "paused", since: 5_000 };
const DISABLED: Health = { state: "disabled", since: 5_000, reason: "gone" };

const after = (health: Health, over: Partial<SubscriberState> = {}): SubscriberState =>
  withHealthNotice(over.health ?? ACTIVE, { ...INITIAL_STATE, ...over, health }, stamp);

describe("a change of health", () => {
  test.each<[string, readonly [Health, Health], readonly [boolean, boolean], string | null]>([
    ["the breaker opens", [ACTIVE, PROBING], [false, true], "relay.subscriber.failing"],
    ["a failing one is disabled", [PROBING, DISABLED], [true, true], "relay.subscriber.disabled"],
    ["an active one is disabled", [ACTIVE, DISABLED], [false, true], "relay.subscriber.disabled"],
    ["a probe succeeds", [PROBING, HEALTHY], [true, false], "relay.subscriber.recovered"],
    ["a disabled one is resumed", [DISABLED, HEALTHY], [true, false], "relay.subscriber.recovered"],
    ["a failing one is paused", [PROBING, PAUSED], [true, true], null],
    ["and then resumed", [PAUSED, HEALTHY], [true, false], "relay.subscriber.recovered"],
    ["an operator pauses", [ACTIVE, PAUSED], [false, false], null],
    ["an operator resumes", [PAUSED, HEALTHY], [false, false], null],
    ["another failure changes no state", [ACTIVE, ACTIVE], [false, false], null],
    ["another probe changes no state", [PROBING, PROBING], [true, true], null],
  ])("%s", (_, [before, health], [alerted, alertedAfter], event) => {
    const next = withHealthNotice(before, { ...INITIAL_STATE, alerted, health }, stamp);
    expect(next.notices.map((one) => one.event)).toEqual(event === null ? [] : [event]);
    expect(next.alerted).toBe(alertedAfter);
  });

  test("says what an operator asks first", () => {
    const lastFailure = { time: 4_000, status: 503, error: null };
    expect(after(PROBING, { lastFailure }).notices).toEqual([
      {
        event: "relay.subscriber.failing",
        id: "evt_1",
        at: 5_000,
        traceparent: "t",
        details: {
          state: "probing",
          failures: 10,
          failingSince: "1970-01-01T00:00:01.000Z",
          lastFailure: { time: "1970-01-01T00:00:04.000Z", status: 503, error: null },
        },
      },
    ]);
    expect(after(DISABLED).notices[0]?.details).toEqual({ state: "disabled", reason: "gone" });
  });

  test("keeps notices that wait", () => {
    const first = after(PROBING);
    const second = withHealthNotice(PROBING, { ...first, health: HEALTHY }, stamp);
    expect(second.notices.map((one) => one.event)).toEqual([
      "relay.subscriber.failing",
      "relay.subscriber.recovered",
    ]);
    expect(second.notices[1]?.details).toEqual({
      state: "active",
      before: "probing",
      failingSince: "1970-01-01T00:00:01.000Z",
    });
  });
});
