// One alarm for the window, the stall, the outbox, the tokens and the end of the data.

import { describe, expect, test } from "vitest";
import {
  dueAt,
  idleUntil,
  NEAR_ALARM,
  RETRY_AFTER_FAULT,
  type Deadlines,
} from "../../../src/job/alarm/deadlines.ts";
import { NO_WATERMARKS } from "../../../src/job/outbox/outbox.ts";
import { job, POLICY, progress } from "./builders.ts";

const NOW = 2_000;
const drained = { ...NO_WATERMARKS, all: 1 };
const ended = job({
  lifecycle: {
    attempt: 1,
    phase: "finished",
    requeued: false,
    beganAt: null,
    seen: ["job.finished"],
  },
});
const waiting = job({
  window: { lastAt: 1_500, pending: { update: progress(3), record: 1 }, dropped: 0 },
});

describe("dueAt", () => {
  test("of an expired job is when its last delivery is due, while one waits", () => {
    const pending = { policy: POLICY, watermarks: drained, unsaved: false, tokens: null };
    const long = NOW + 10 * POLICY.retention;
    expect(dueAt({ state: ended, ...pending, keptUntil: null }, long)).toBe(
      long + RETRY_AFTER_FAULT,
    );
    expect(dueAt({ state: ended, ...pending, keptUntil: long + 9e6 }, long)).toBe(long + 9e6);
  });

  test.each<{ name: string; pending: Deadlines; at: number }>([
    {
      name: "an open job: its silence",
      pending: { state: job(), policy: POLICY, watermarks: drained, unsaved: false, tokens: null },
      at: 3_601_000,
    },
    {
      name: "a value waits: its window",
      pending: {
        state: waiting,
        policy: POLICY,
        watermarks: drained,
        unsaved: false,
        tokens: null,
      },
      at: 6_500,
    },
    {
      name: "an event that no drain took yet: soon",
      pending: {
        state: job(),
        policy: POLICY,
        watermarks: NO_WATERMARKS,
        unsaved: false,
        tokens: null,
      },
      at: 7_000,
    },
    {
      name: "a token ends first",
      pending: { state: job(), policy: POLICY, watermarks: drained, unsaved: false, tokens: 2_500 },
      at: 2_500,
    },
    {
      name: "a finished job: the end of its data",
      pending: { state: ended, policy: POLICY, watermarks: drained, unsaved: false, tokens: null },
      at: 2_592_001_000,
    },
    {
      name: "data that should have left already: after a pause, never at once",
      pending: {
        state: ended,
        policy: { ...POLICY, retention: 0 },
        watermarks: drained,
        unsaved: false,
        tokens: null,
      },
      at: NOW + RETRY_AFTER_FAULT,
    },
    {
      name: "data that leaves at this instant: after a pause as well",
      pending: {
        state: ended,
        policy: { ...POLICY, retention: 1_000 },
        watermarks: drained,
        unsaved: false,
        tokens: null,
      },
      at: NOW + RETRY_AFTER_FAULT,
    },
    {
      name: "a broken configuration: after a pause",
      pending: {
        state: waiting,
        policy: null,
        watermarks: NO_WATERMARKS,
        unsaved: false,
        tokens: null,
      },
      at: 32_000,
    },
    {
      name: "a broken configuration, but a token ends",
      pending: { state: waiting, policy: null, watermarks: drained, unsaved: false, tokens: 9_000 },
      at: 9_000,
    },
    {
      name: "unsaved watermarks: when the window opens, where the next value is emitted",
      pending: {
        state: job({ window: { lastAt: 1_500, pending: null, dropped: 0 } }),
        policy: POLICY,
        watermarks: drained,
        unsaved: true,
        tokens: null,
      },
      at: 6_500,
    },
    {
      name: "unsaved watermarks after an end: not before it expires",
      pending: { state: ended, policy: POLICY, watermarks: drained, unsaved: true, tokens: null },
      at: 2_592_001_000,
    },
    {
      name: "unsaved watermarks and an open window: soon",
      pending: { state: job(), policy: POLICY, watermarks: drained, unsaved: true, tokens: null },
      at: 7_000,
    },
    {
      name: "unsaved watermarks and a window that opens within a minute: then",
      pending: {
        state: job({ window: { lastAt: NOW, pending: null, dropped: 0 } }),
        policy: { ...POLICY, throttle: 60_000 },
        watermarks: drained,
        unsaved: true,
        tokens: null,
      },
      at: 62_000,
    },
    {
      name: "unsaved watermarks and a wide window: soon",
      pending: {
        state: job({ window: { lastAt: 1_500, pending: null, dropped: 0 } }),
        policy: { ...POLICY, throttle: 600_000 },
        watermarks: drained,
        unsaved: true,
        tokens: null,
      },
      at: 7_000,
    },
  ])("$name", ({ pending, at }) => {
    expect(dueAt(pending, NOW)).toBe(at);
  });
});

test("an alarm that is two seconds away is near", () => {
  expect(NEAR_ALARM).toBe(2_000);
});

describe("idleUntil", () => {
  const all: Deadlines = {
    state: waiting,
    policy: POLICY,
    watermarks: drained,
    unsaved: true,
    tokens: null,
  };
  test.each<{ name: string; pending: Deadlines; at: number | null }>([
    { name: "a value waits and everything was sent: its window", pending: all, at: 6_500 },
    { name: "a token ends after the window", pending: { ...all, tokens: 7_000 }, at: 6_500 },
    { name: "a token ends before the window", pending: { ...all, tokens: 6_499 }, at: null },
    { name: "no value waits", pending: { ...all, state: job() }, at: null },
    { name: "an event was not sent", pending: { ...all, watermarks: NO_WATERMARKS }, at: null },
    {
      name: "an amended event was not sent",
      pending: {
        ...all,
        watermarks: { ...drained, amended: [{ seq: 1, replay: "amended-1", first: [] }] },
      },
      at: null,
    },
    { name: "a broken configuration", pending: { ...all, policy: null }, at: null },
    {
      name: "a job that is to be erased",
      pending: { ...all, policy: { ...POLICY, retention: 0 } },
      at: null,
    },
    { name: "an ended job", pending: { ...all, state: ended }, at: null },
  ])("$name", ({ pending, at }) => {
    expect(idleUntil(pending, NOW)).toBe(at);
  });
});
