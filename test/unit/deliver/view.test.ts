// How deliveries and subscribers look from outside.

import { describe, expect, test } from "vitest";
import { HEALTHY, type Health } from "../../../src/deliver/retry/breaker.ts";
import { INITIAL_STATE } from "../../../src/deliver/state.ts";
import {
  deliveryView,
  percentile,
  statusOf,
  subscriberView,
  type SubscriberStatus,
} from "../../../src/deliver/view.ts";
import { NOW, storedDelivery } from "./queue/builders.ts";

const stored = storedDelivery({
  id: "dlv_7_0a0b0c0d",
  log: [
    {
      time: NOW - 1_000,
      status: 0,
      error: "timeout: no answer",
      ms: 15_000,
      trigger: "initial",
      answer: null,
    },
  ],
});

test.each([
  ["pending", false, "pending", "2026-11-21T19:00:00.000Z"],
  ["pending", true, "held", null],
  ["delivered", false, "delivered", null],
  ["delivered", true, "delivered", null],
  ["dead", true, "dead", null],
  ["superseded", true, "superseded", null],
  ["cancelled", false, "cancelled", null],
] as const)("a %s delivery (held: %s) is shown as %s", (state, held, shown, nextAttemptAt) => {
  expect(deliveryView({ ...stored, state }, "crm", held)).toEqual({
    id: "dlv_7_0a0b0c0d",
    subscriber: "crm",
    event: { id: "evt_1", event: "job.finished", guid: "g1", source: "comments", seq: 3 },
    state: shown,
    attempts: [
      {
        time: "2026-11-21T18:59:59.000Z",
        status: null,
        error: "timeout: no answer",
        ms: 15_000,
        trigger: "initial",
        answer: null,
      },
    ],
    nextAttemptAt,
  });
});

test.each([
  [[], 0.5, null],
  [[4], 0.5, 4],
  [[1, 2, 3, 4], 0.5, 2],
  [[1, 2, 3, 4], 0.95, 4],
  [Array.from({ length: 100 }, (_, index) => index + 1), 0.95, 95],
  [[1, 2], 0, 1],
])("the percentile of %j at %d is %s", (values, share, expected) => {
  expect(percentile(values, share)).toBe(expected);
});

const state = (over: Partial<SubscriberStatus> = {}): SubscriberStatus => ({
  health: HEALTHY,
  pending: 1,
  held: 0,
  dead: 2,
  delivered: 3,
  attempts: 10,
  successes: 5,
  latencies: [10, 30],
  oldestPendingAt: NOW,
  lastFailure: null,
  replay: null,
  ...over,
});

test("an attempt that was answered shows the answer's status", () => {
  const log = stored.log.map((entry) => ({ ...entry, status: 503, error: null, answer: "later" }));
  expect(deliveryView({ ...stored, log }, "crm", false).attempts).toMatchObject([
    { status: 503, error: null, answer: "later" },
  ]);
});

describe("shards", () => {
  test("answer as one", () => {
    const health: Health = {
      state: "probing",
      since: NOW,
      failingSince: NOW,
      wait: 1,
      probeAt: NOW,
    };
    const failure = { time: NOW - 1, status: 0, error: "timeout: x" };
    const shards = [
      state({ lastFailure: failure, replay: { total: 4, released: 1 } }),
      state({
        health,
        pending: 0,
        held: 4,
        latencies: [20],
        oldestPendingAt: NOW - 5,
        lastFailure: { time: NOW - 9, status: 500, error: null },
      }),
    ];
    expect(subscriberView("crm", shards)).toEqual({
      id: "crm",
      state: "probing",
      since: "2026-11-21T19:00:00.000Z",
      reason: null,
      pending: 1,
      held: 4,
      dead: 4,
      delivered: 6,
      successRate: 0.5,
      p50: 20,
      p95: 30,
      oldestPendingAt: "2026-11-21T18:59:59.995Z",
      lastFailure: { time: "2026-11-21T18:59:59.999Z", status: null, error: "timeout: x" },
      advice:
        "It took too long. Let it answer first and work afterwards, or raise `timeout`. What is held leaves by itself once it takes one, or at once when you resume it. Once it works, replay the dead deliveries.",
      replay: { total: 4, released: 1 },
    });
  });

  test("a subscriber nobody has heard of has nothing to show", () => {
    const fresh = state({
      pending: 0,
      dead: 0,
      delivered: 0,
      attempts: 0,
      successes: 0,
      latencies: [],
      oldestPendingAt: null,
    });
    expect(subscriberView("crm", [fresh])).toEqual({
      id: "crm",
      state: "active",
      since: null,
      reason: null,
      pending: 0,
      held: 0,
      dead: 0,
      delivered: 0,
      successRate: null,
      p50: null,
      p95: null,
      oldestPendingAt: null,
      lastFailure: null,
      advice: null,
      replay: null,
    });
  });

  test("a failure that was followed by an attempt that was taken advises nothing", () => {
    const lastFailure = { time: NOW - 9, status: 401, error: null };
    const health = { state: "active", since: NOW, failures: 0, failingSince: null } as const;
    const recovered = state({ dead: 2, lastFailure, health });
    expect(subscriberView("crm", [recovered])).toMatchObject({
      lastFailure: { status: 401 },
      advice: "Read why the dead deliveries failed, then replay them.",
    });
  });

  test("a failure that was answered is told, and advises by its status", () => {
    const lastFailure = { time: NOW - 9, status: 401, error: null };
    const health = { state: "active", since: NOW, failures: 1, failingSince: NOW } as const;
    expect(subscriberView("crm", [state({ lastFailure, health })])).toMatchObject({
      lastFailure: { status: 401, error: null },
      advice: expect.stringMatching(/^It refuses the signature\./),
    });
  });

  test("a subscriber without shards is active and has nothing", () => {
    expect(subscriberView("crm", [])).toMatchObject({ state: "active", since: null, pending: 0 });
  });

  test("a disabled shard tells its reason", () => {
    expect(
      subscriberView("crm", [
        state(),
        state({ health: { state: "disabled", since: NOW, reason: "gone" } }),
      ]),
    ).toMatchObject({
      state: "disabled",
      reason: "gone",
    });
  });
});

describe("the status of a shard", () => {
  const sample = { attempts: 4, successes: 3, latencies: [5, 7, 9] };

  test("counts what waits as held while the subscriber takes nothing", () => {
    const counts = new Map([
      ["pending", 6],
      ["dead", 2],
      ["delivered", 40],
    ] as const);
    const facts = { counts, sample, oldestPendingAt: NOW };
    const lastFailure = { time: NOW, status: 500, error: null };
    const known = {
      health: HEALTHY,
      dead: 2,
      delivered: 40,
      oldestPendingAt: NOW,
      lastFailure,
      replay: null,
      attempts: 4,
      successes: 3,
      latencies: [5, 7, 9],
    };
    const failed = { ...INITIAL_STATE, lastFailure };
    expect(statusOf(failed, { ...facts, held: false })).toEqual({ ...known, pending: 6, held: 0 });
    expect(statusOf(failed, { ...facts, held: true })).toEqual({ ...known, pending: 0, held: 6 });
  });

  test("of a shard without deliveries counts zeros, and tells how far a replay is", () => {
    const replay = { query: {}, after: 3, upTo: 20, total: 9, released: 4 };
    const facts = { counts: new Map(), sample, oldestPendingAt: null, held: false };
    expect(statusOf({ ...INITIAL_STATE, replay }, facts)).toMatchObject({
      pending: 0,
      held: 0,
      dead: 0,
      delivered: 0,
      replay: { total: 9, released: 4 },
    });
  });
});
