// How many deliveries may begin: connections, requests per wake-up, and the rate together.

import { describe, expect, test } from "vitest";
import {
  afterSendingNothing,
  afterStarting,
  freeSlots,
  MAX_REQUESTS_PER_WAKE,
  nextLookForCapacity,
  refilled,
  type SendLimits,
} from "../../../../src/deliver/queue/capacity.ts";
import { SECOND } from "../../../../src/kernel/time.ts";
import { NOW } from "./builders.ts";

const limits = (over: Partial<SendLimits> = {}): SendLimits => ({
  concurrency: 4,
  rate: null,
  requestsPerAttempt: 1,
  ...over,
});
const FULL = refilled({ rateLimit: { onPaceAt: 0 } });

test("a wake-up may send 44 requests", () => {
  expect(MAX_REQUESTS_PER_WAKE).toBe(44);
  expect(refilled({ rateLimit: { onPaceAt: 7 } })).toEqual({
    requestsLeft: 44,
    rateLimit: { onPaceAt: 7 },
  });
});

describe("free slots", () => {
  test.each([
    { name: "are the concurrency", over: {}, requestsLeft: 44, underWay: 0, free: 4 },
    { name: "leave out what is under way", over: {}, requestsLeft: 44, underWay: 3, free: 1 },
    {
      name: "are at most six, because an object has six connections",
      over: { concurrency: 64 },
      requestsLeft: 44,
      underWay: 0,
      free: 6,
    },
    { name: "are at most the requests left", over: {}, requestsLeft: 2, underWay: 0, free: 2 },
    {
      name: "count every request of an attempt",
      over: { requestsPerAttempt: 4 },
      requestsLeft: 11,
      underWay: 0,
      free: 2,
    },
    {
      name: "are at most what the rate allows",
      over: { rate: 20 },
      requestsLeft: 44,
      underWay: 0,
      free: 2,
    },
    {
      name: "are below zero when more is under way than a new configuration allows",
      over: { concurrency: 1 },
      requestsLeft: 44,
      underWay: 4,
      free: -3,
    },
  ])("$name", ({ over, requestsLeft, underWay, free }) => {
    expect(freeSlots({ ...FULL, requestsLeft }, limits(over), NOW, underWay)).toBe(free);
  });
});

test("deliveries that begin use up requests and the rate", () => {
  const given = limits({ requestsPerAttempt: 4, rate: 10 });
  expect(afterStarting(FULL, given, NOW, 2)).toEqual({
    requestsLeft: 36,
    rateLimit: { onPaceAt: NOW + 200 },
  });
});

test.each([
  { name: "gives its requests back", requestsPerAttempt: 4, requestsLeft: 36, after: 40 },
  {
    name: "gives back no more than there were",
    requestsPerAttempt: 4,
    requestsLeft: 42,
    after: 44,
  },
])("a delivery that had nothing to send $name", ({ requestsPerAttempt, requestsLeft, after }) => {
  const before = { requestsLeft, rateLimit: { onPaceAt: NOW } };
  expect(afterSendingNothing(before, limits({ requestsPerAttempt }))).toEqual({
    requestsLeft: after,
    rateLimit: { onPaceAt: NOW },
  });
});

describe("the queue is looked at again", () => {
  const facts = { now: NOW, started: 0, underWay: 0, moreWait: true };
  test.each([
    { name: "not when nothing waits", requestsLeft: 0, over: {}, more: { moreWait: false } },
    { name: "not while there are requests enough", requestsLeft: 44, over: {}, more: {} },
    {
      name: "at the next wake-up when few requests are left",
      requestsLeft: 7,
      over: {},
      more: {},
      at: NOW + 1,
    },
    {
      name: "not while the requests left cover two rounds of all slots",
      requestsLeft: 8,
      over: {},
      more: {},
    },
    {
      name: "at the next wake-up when what began just now leaves few",
      requestsLeft: 8,
      over: {},
      more: { started: 1 },
      at: NOW + 1,
    },
    {
      name: "not when few requests are left and nothing waits",
      requestsLeft: 7,
      over: {},
      more: { moreWait: false },
    },
    {
      name: "at the next wake-up when less is left than one attempt takes",
      requestsLeft: 10,
      over: { concurrency: 1, requestsPerAttempt: 11 },
      more: {},
      at: NOW + 1,
    },
    {
      name: "not while one attempt is covered",
      requestsLeft: 11,
      over: { concurrency: 1, requestsPerAttempt: 11 },
      more: {},
    },
    {
      name: "not for the rate when nothing waits",
      requestsLeft: 44,
      over: { rate: 10 },
      more: { started: 1, moreWait: false },
    },
    {
      name: "within five seconds while attempts are under way",
      requestsLeft: 44,
      over: {},
      more: { underWay: 1 },
      at: NOW + 5 * SECOND,
    },
    {
      name: "when the rate allows the next one",
      requestsLeft: 44,
      over: { rate: 10 },
      more: { started: 1 },
      at: NOW + 100,
    },
    {
      name: "not for the rate while it allows more than have begun",
      requestsLeft: 44,
      over: { rate: 20 },
      more: { started: 1 },
    },
  ])("$name", ({ requestsLeft, over, more, at = null }) => {
    expect(
      nextLookForCapacity({ ...FULL, requestsLeft }, limits(over), { ...facts, ...more }),
    ).toBe(at);
  });
});
