// The state after an event, an own one included, and after an update that is kept without one.

import { describe, expect, test } from "vitest";
import { fingerprint } from "../../../src/kernel/fingerprint.ts";
import { decideArchived, nextAt } from "../../../src/job/decide.ts";
import type { RecordReason } from "../../../src/job/decision.ts";
import type { Lifecycle } from "../../../src/job/lifecycle.ts";
import { afterAdvance, afterProgress, newJob } from "../../../src/job/next-state.ts";
import { applyRecord, needsUpdate } from "../../../src/job/records.ts";
import { owesTrailing, type JobState } from "../../../src/job/state.ts";
import { anUpdate, job, POLICY, progress } from "./builders.ts";

const running: Lifecycle = {
  attempt: 1,
  phase: "running",
  requeued: false,
  beganAt: null,
  seen: ["job.started"],
};

/** A job whose last attempt has ended. */
const ended = job({
  event: "job.finished",
  status: "done",
  lifecycle: { ...running, phase: "finished", seen: ["job.started", "job.finished"] },
  details: { note: "x" },
});

describe("a new job", () => {
  test("knows its ids and nothing yet", () => {
    expect(newJob(anUpdate({ event: "job.started" }), running, 5_000)).toStrictEqual({
      source: "comments",
      guid: "g-1",
      provider: "exportcomments",
      account: "acme",
      lifecycle: running,
      window: { lastAt: null, pending: null, dropped: 0 },
      progress: null,
      shownProgress: null,
      seq: 0,
      lifecycleCount: 0,
      lastRecord: 0,
      event: "job.started",
      status: "progress",
      url: null,
      error: null,
      current: null,
      total: null,
      details: {},
      createdAt: 5_000,
      updatedAt: 5_000,
      finishedAt: null,
      lastUpdateAt: 5_000,
      stalled: false,
      absorbed: 0,
      late: 0,
      conflicts: 0,
      untold: false,
    });
  });

  test("keeps the subscribers that rules have named, none included", () => {
    const only = [["crm"], []].map((names) => newJob(anUpdate({ only: names }), running, 5_000));
    expect(only).toMatchObject([{ only: ["crm"] }, { only: [] }]);
  });
});

describe("after progress", () => {
  test("without any number the numbers are unknown", () => {
    const window = { lastAt: 9_000, pending: null, dropped: 0 };
    const state = afterProgress(job(), anUpdate(), { window, now: 9_000 });
    expect([state.current, state.total, state.window]).toEqual([null, null, window]);
  });
});

describe("after a step", () => {
  const pending = { update: progress(30), record: 3 };
  const waiting = job({ window: { lastAt: 2_000, pending, dropped: 2 }, absorbed: 2 });
  const step = (lifecycle: Lifecycle): JobState =>
    afterAdvance(waiting, anUpdate({ event: "job.started" }), { lifecycle, redact: [], now: 4_000 })
      .state;

  test("that neither ends nor opens an attempt, the value that waits still waits", () => {
    const { window, absorbed, finishedAt } = step(running);
    expect([window, absorbed, finishedAt]).toEqual([waiting.window, 2, null]);
  });

  test.each<[string, Lifecycle]>([
    ["ends the attempt", { ...running, phase: "failed" }],
    ["opens another one", { ...running, attempt: 2 }],
  ])("that %s, it is dropped and counted", (_, lifecycle) => {
    const { window, absorbed } = step(lifecycle);
    expect([window, absorbed]).toEqual([{ lastAt: 2_000, pending: null, dropped: 0 }, 3]);
  });
});

describe("a stored file", () => {
  const file = { subscriber: "vault", eventId: "evt_2", key: "a/b.zip", size: 12, etag: "e1" };

  test("of a job that has ended is told as done, with where it is", () => {
    expect(decideArchived({ ...ended, untold: true }, file, 7_000)).toStrictEqual({
      event: "job.archived",
      update: null,
      record: null,
      absorbed: 0,
      state: {
        ...ended,
        event: "job.archived",
        status: "done",
        details: { note: "x", key: "a/b.zip", size: 12, etag: "e1" },
        seq: 2,
        updatedAt: 7_000,
        untold: true,
      },
    });
  });

  test("of a job that runs again leaves its status, and whether it has stalled", () => {
    const { state } = decideArchived(job({ stalled: true }), file, 7_000);
    expect([state.status, state.stalled]).toEqual(["progress", true]);
  });
});

describe("progress that the clock has emitted", () => {
  test.each([
    [true, "job.progress", true],
    [false, "job.progress", false],
    [true, "job.stalled", false],
  ] as const)("untold %s, last event %s: is owed %s", (untold, event, owed) => {
    expect(owesTrailing(job({ untold, event }))).toBe(owed);
  });
});

describe("the next instant of a job", () => {
  const window = { lastAt: 2_000, pending: { update: progress(30), record: 3 }, dropped: 0 };

  test.each([
    ["whose value waits and whose silence counts", job({ window }), POLICY, 7_000],
    ["whose value waits longer than silence", job({ window }), { ...POLICY, stallAfter: 9 }, 1_009],
    [
      "that cannot stall, while a value waits",
      job({ window }),
      { ...POLICY, stallAfter: 0 },
      7_000,
    ],
    ["of which no value waits", job(), POLICY, 3_601_000],
    ["of which no value waits and that cannot stall", job(), { ...POLICY, stallAfter: 0 }, null],
  ])("%s", (_, state, policy, at) => {
    expect(nextAt(state, policy, 3_000)).toBe(at);
  });
});

const progressOf = (current: number): JobState["progress"] => ({
  current,
  total: 100,
  details: fingerprint("{}"),
});

/** A job that has shown 10, and of which 30 waits in place of two others. */
const shown = job({
  window: { lastAt: 2_000, pending: { update: progress(30), record: 3 }, dropped: 2 },
  progress: progressOf(30),
  shownProgress: progressOf(10),
  lastRecord: 3,
  absorbed: 2,
  stalled: true,
  untold: true,
});

/** What every record leaves behind. */
const counted = { ...shown, lastRecord: 4, lastUpdateAt: 3_000, stalled: false, untold: false };

const after = (reason: RecordReason, current: number): JobState =>
  applyRecord(shown, { n: 4, at: 3_000, reason, update: progress(current) });

describe("a record", () => {
  test.each<[RecordReason, Partial<JobState>]>([
    ["duplicate", {}],
    ["amended", {}],
    ["late", { late: 1 }],
    ["conflict", { conflicts: 1 }],
  ])("that is %s changes at most a count", (reason, changes) => {
    expect(after(reason, 40)).toStrictEqual({ ...counted, ...changes });
  });

  test("of a value that waits replaces the one before it, which is counted", () => {
    expect(after("absorbed", 40)).toStrictEqual({
      ...counted,
      progress: progressOf(40),
      window: { lastAt: 2_000, pending: { update: progress(40), record: 4 }, dropped: 3 },
      absorbed: 3,
    });
  });

  test("that says what was shown last drops the value that waits, and counts it", () => {
    expect(after("unchanged", 10)).toStrictEqual({
      ...counted,
      progress: progressOf(10),
      window: { lastAt: 2_000, pending: null, dropped: 3 },
      absorbed: 3,
    });
  });

  test("that says what waits leaves it waiting", () => {
    expect(after("unchanged", 30)).toStrictEqual(counted);
  });

  test.each<[RecordReason, boolean]>([
    ["absorbed", true],
    ["unchanged", true],
    ["late", false],
    ["conflict", false],
    ["duplicate", false],
    ["amended", false],
  ])("that is %s needs its update: %s", (reason, needed) => {
    expect(needsUpdate(reason)).toBe(needed);
  });
});
