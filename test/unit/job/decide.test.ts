// What a job does with an update and with the clock: whole decisions for the main flows.

import { fingerprint } from "../../../src/kernel/fingerprint.ts";
import { describe, expect, test } from "vitest";
import { expiresAt, decideUpdate, nextAt, decideDue } from "../../../src/job/decide.ts";
import type { Decision, RecordReason } from "../../../src/job/decision.ts";
import type { Policy } from "../../../src/job/policy.ts";
import { applyRecord } from "../../../src/job/records.ts";
import type { Lifecycle } from "../../../src/job/lifecycle.ts";
import type { StoredUpdate, JobState } from "../../../src/job/state.ts";
import { anUpdate, job, POLICY, progress } from "./builders.ts";

const progressOf = (
  current: number | null,
  total: number | null = 100,
  text = "{}",
): JobState["progress"] => ({
  current,
  total,
  details: fingerprint(text),
});

/** A job that emitted 10 of 100 at 2,000. */
const running = job({
  seq: 2,
  event: "job.progress",
  window: { lastAt: 2_000, pending: null, dropped: 0 },
  progress: progressOf(10),
  shownProgress: progressOf(10),
  current: 10,
  total: 100,
  updatedAt: 2_000,
  lastUpdateAt: 2_000,
});

const thirty = progress(30, { key: { kind: "id", value: "m-30" } });

/** The same job while 30 of 100 wait for the window, two values dropped in favour of it. */
const pending: JobState = {
  ...running,
  window: { lastAt: 2_000, pending: { update: thirty, record: 3 }, dropped: 2 },
  progress: progressOf(30),
  lastRecord: 3,
  absorbed: 2,
  lastUpdateAt: 4_000,
};

const failedLife: Lifecycle = {
  attempt: 1,
  phase: "failed",
  requeued: false,
  beganAt: null,
  seen: ["job.started", "job.failed"],
};
const finishedLife: Lifecycle = {
  attempt: 1,
  phase: "finished",
  requeued: false,
  beganAt: null,
  seen: ["job.started", "job.finished"],
};

/** Decides on an update whose key was not seen before. */
const decide = (
  state: JobState | null,
  update: StoredUpdate,
  policy: Policy,
  now: number,
): Decision => decideUpdate(state, update, { sighting: undefined, policy, now });

/** The state that an update leaves behind, as the object would have it. */
function after(state: JobState | null, update: StoredUpdate, now: number): JobState {
  const decision = decide(state, update, POLICY, now);
  if (decision.kind === "emit") return decision.emission.state;
  if (state === null) throw new Error("nothing can be recorded before the first event");
  return decision.kind !== "record"
    ? state
    : applyRecord(state, { n: state.lastRecord + 1, at: now, reason: decision.reason, update });
}

describe("the first update", () => {
  test("progress leaves at once and makes the job", () => {
    const update = progress(5, { details: { totalExported: 5 }, occurredAt: 900 });
    expect(decide(null, update, POLICY, 1_000)).toEqual({
      kind: "emit",
      emission: {
        event: "job.progress",
        update,
        record: null,
        absorbed: 0,
        state: {
          source: "comments",
          guid: "g-1",
          provider: "exportcomments",
          account: "acme",
          lifecycle: { attempt: 1, phase: "running", requeued: false, beganAt: null, seen: [] },
          window: { lastAt: 1_000, pending: null, dropped: 0 },
          progress: { current: 5, total: 100, details: fingerprint('{"totalExported":5}') },
          shownProgress: { current: 5, total: 100, details: fingerprint('{"totalExported":5}') },
          seq: 1,
          lifecycleCount: 0,
          lastRecord: 0,
          event: "job.progress",
          status: "progress",
          url: null,
          error: null,
          current: 5,
          total: 100,
          details: { totalExported: 5 },
          createdAt: 1_000,
          updatedAt: 1_000,
          finishedAt: null,
          lastUpdateAt: 1_000,
          stalled: false,
          absorbed: 0,
          late: 0,
          conflicts: 0,
          untold: false,
        },
      },
    });
  });

  test("a start makes the job and counts as its first lifecycle event", () => {
    const update = anUpdate({ event: "job.started" });
    expect(decide(null, update, POLICY, 1_000)).toEqual({
      kind: "emit",
      emission: { event: "job.started", update, record: null, absorbed: 0, state: job() },
    });
  });

  test("an end makes a finished job", () => {
    const update = anUpdate({ event: "job.finished", url: "https://x.example/f" });
    expect(decide(null, update, POLICY, 1_000)).toEqual({
      kind: "emit",
      emission: {
        event: "job.finished",
        update,
        record: null,
        absorbed: 0,
        state: job({
          event: "job.finished",
          status: "done",
          url: "https://x.example/f",
          lifecycle: {
            attempt: 1,
            phase: "finished",
            requeued: false,
            beganAt: null,
            seen: ["job.finished"],
          },
          finishedAt: 1_000,
        }),
      },
    });
  });

  test("a requeue opens attempt 2, because an attempt must have come before it", () => {
    const decision = decide(
      null,
      anUpdate({ event: "job.requeued", occurredAt: 800 }),
      POLICY,
      1_000,
    );
    expect(decision).toMatchObject({
      kind: "emit",
      emission: {
        event: "job.requeued",
        state: {
          seq: 1,
          lifecycle: { attempt: 2, phase: "waiting", requeued: true, beganAt: 800 },
        },
      },
    });
  });

  test.each([
    ["bulk_download.ready", "ready", "finished"],
    ["bulk_download.failed", "error", "failed"],
  ] as const)("%s is a whole job: status %s, %s", (event, status, phase) => {
    const update = anUpdate({
      event,
      guid: "bulk-7",
      url: "https://x.example/zip",
      error: phase === "failed" ? "gone" : null,
    });
    expect(decide(null, update, POLICY, 1_000)).toEqual({
      kind: "emit",
      emission: {
        event,
        update,
        record: null,
        absorbed: 0,
        state: job({
          guid: "bulk-7",
          event,
          status,
          url: "https://x.example/zip",
          error: phase === "failed" ? "gone" : null,
          lifecycle: { attempt: 1, phase, requeued: false, beganAt: null, seen: [event] },
          finishedAt: 1_000,
        }),
      },
    });
  });

  test("a conversion alone makes a job that cannot stall: its export is over", () => {
    const state = after(
      null,
      anUpdate({ event: "job.convert.done", url: "https://x.example/xlsx" }),
      1_000,
    );
    expect(state).toEqual(
      job({
        event: "job.convert.done",
        status: "done",
        url: "https://x.example/xlsx",
        lifecycleCount: 0,
        lifecycle: { attempt: 1, phase: "waiting", requeued: false, beganAt: null, seen: [] },
      }),
    );
    expect(nextAt(state, POLICY, 1_000)).toBe(null);
  });
});

describe("progress in a closed window", () => {
  test("is absorbed", () => {
    expect(decide(running, thirty, POLICY, 6_999)).toEqual({
      kind: "record",
      reason: "absorbed",
    });
  });

  test("waits in the state, and raises the mark, not the shown numbers", () => {
    expect(applyRecord(running, { n: 1, at: 4_000, reason: "absorbed", update: thirty })).toEqual({
      ...running,
      lastRecord: 1,
      lastUpdateAt: 4_000,
      progress: progressOf(30),
      window: { lastAt: 2_000, pending: { update: thirty, record: 1 }, dropped: 0 },
    });
  });

  test("replaces what waited, which is then counted", () => {
    const forty = progress(40);
    expect(applyRecord(pending, { n: 4, at: 4_500, reason: "absorbed", update: forty })).toEqual({
      ...pending,
      lastRecord: 4,
      lastUpdateAt: 4_500,
      progress: progressOf(40),
      window: { lastAt: 2_000, pending: { update: forty, record: 4 }, dropped: 3 },
      absorbed: 3,
    });
  });

  test("leaves when the window opens, not a millisecond earlier, and opens the next window", () => {
    expect(decideDue(pending, POLICY, 6_999)).toBe(null);
    expect(decideDue(pending, POLICY, 7_000)).toEqual({
      event: "job.progress",
      update: thirty,
      record: 3,
      absorbed: 2,
      state: {
        ...pending,
        seq: 3,
        window: { lastAt: 7_000, pending: null, dropped: 0 },
        shownProgress: progressOf(30),
        current: 30,
        total: 100,
        updatedAt: 7_000,
        untold: true,
      },
    });
  });

  test("leaves in a late alarm too, and the next window counts from there", () => {
    expect(decideDue(pending, POLICY, 9_500)?.state.window).toEqual({
      lastAt: 9_500,
      pending: null,
      dropped: 0,
    });
  });

  test("is overtaken by a newer value when that arrives before a late alarm", () => {
    const fifty = progress(50);
    expect(decide(pending, fifty, POLICY, 7_000)).toEqual({
      kind: "emit",
      emission: {
        event: "job.progress",
        update: fifty,
        record: null,
        absorbed: 3,
        state: {
          ...pending,
          seq: 3,
          window: { lastAt: 7_000, pending: null, dropped: 0 },
          progress: progressOf(50),
          shownProgress: progressOf(50),
          current: 50,
          total: 100,
          updatedAt: 7_000,
          lastUpdateAt: 7_000,
          absorbed: 3,
        },
      },
    });
  });

  test("a flush happens once", () => {
    const state = decideDue(pending, POLICY, 7_000)?.state ?? pending;
    expect([decideDue(state, POLICY, 7_000), decideDue(state, POLICY, 12_000)]).toEqual([
      null,
      null,
    ]);
  });

  test("passes at once where the throttle is off", () => {
    expect(decide(running, progress(11), { ...POLICY, throttle: 0 }, 2_000)).toMatchObject({
      kind: "emit",
      emission: {
        absorbed: 0,
        state: { seq: 3, current: 11, window: { lastAt: 2_000, pending: null, dropped: 0 } },
      },
    });
  });
});

describe("progress that says nothing new", () => {
  test.each<{ name: string; state: JobState; update: StoredUpdate; reason: RecordReason }>([
    { name: "the emitted value again", state: running, update: progress(10), reason: "unchanged" },
    { name: "the waiting value again", state: pending, update: progress(30), reason: "unchanged" },
    {
      name: "the same with a null beside it",
      state: running,
      update: progress(10, { details: { note: null } }),
      reason: "unchanged",
    },
    {
      name: "the same number with other details",
      state: running,
      update: progress(10, { details: { step: "b" } }),
      reason: "absorbed",
    },
    {
      name: "the same number of another total",
      state: running,
      update: progress(10, { total: 200 }),
      reason: "absorbed",
    },
    { name: "one less than what was emitted", state: running, update: progress(9), reason: "late" },
    {
      name: "more than what was emitted but less than what waits",
      state: pending,
      update: progress(29),
      reason: "late",
    },
    {
      name: "no number, but details",
      state: running,
      update: anUpdate({ details: { step: "b" } }),
      reason: "absorbed",
    },
  ])("$name: $reason", ({ state, update, reason }) => {
    expect(decide(state, update, POLICY, 4_000)).toEqual({ kind: "record", reason });
  });

  test("is not emitted either when the window is open", () => {
    expect(
      [progress(10), progress(9)].map((update) => decide(running, update, POLICY, 60_000)),
    ).toEqual([
      { kind: "record", reason: "unchanged" },
      { kind: "record", reason: "late" },
    ]);
  });

  test("unchanged progress counts as a sign of life", () => {
    expect(
      applyRecord(running, { n: 1, at: 8_000, reason: "unchanged", update: progress(10) }),
    ).toEqual({
      ...running,
      lastRecord: 1,
      lastUpdateAt: 8_000,
    });
  });

  test("the emitted value is not emitted again while another one waits", () => {
    const emitted = after(null, progress(10, { details: { step: "a" } }), 1_000);
    const other = after(emitted, progress(10, { details: { step: "b" } }), 2_000);
    const again = after(other, progress(10, { details: { step: "a" } }), 3_000);
    expect(decideDue(again, POLICY, 6_000)?.event ?? null).toBe(null);
  });

  test("a report without a number keeps the number that waits", () => {
    const held = after(running, progress(30, { details: { step: "b" } }), 3_000);
    const silent = after(held, anUpdate(), 4_000);
    expect(decideDue(silent, POLICY, 7_000)).toMatchObject({
      event: "job.progress",
      state: { current: 30, total: 100, details: {} },
    });
  });

  test("a lower number is late although a report without a number came between", () => {
    const fifty = after(null, progress(50), 0);
    const silent = after(fifty, anUpdate({ details: { step: "b" } }), 10_000);
    expect(silent.seq).toBe(2);
    expect(decide(silent, progress(30), POLICY, 20_000)).toEqual({
      kind: "record",
      reason: "late",
    });
  });
});

describe("the end", () => {
  test("passes in a closed window, cancels what waits and carries its numbers", () => {
    const update = anUpdate({
      event: "job.finished",
      url: "https://x.example/f",
      details: { status: "finished" },
    });
    expect(decide(pending, update, POLICY, 4_001)).toEqual({
      kind: "emit",
      emission: {
        event: "job.finished",
        update: {
          ...update,
          current: 30,
          total: 100,
          details: { status: "finished", totalExported: 30, total: 100 },
        },
        record: null,
        absorbed: 0,
        state: {
          ...pending,
          lifecycle: finishedLife,
          window: { lastAt: 2_000, pending: null, dropped: 0 },
          seq: 3,
          lifecycleCount: 2,
          event: "job.finished",
          status: "done",
          url: "https://x.example/f",
          current: 30,
          total: 100,
          details: { status: "finished", totalExported: 30, total: 100 },
          updatedAt: 4_001,
          lastUpdateAt: 4_001,
          finishedAt: 4_001,
          absorbed: 3,
        },
      },
    });
  });

  test("leaves nothing for the clock", () => {
    const state = after(pending, anUpdate({ event: "job.finished" }), 4_001);
    expect([nextAt(state, POLICY, 4_001), decideDue(state, POLICY, 9e12)]).toEqual([null, null]);
  });

  test("its own numbers win over those that were update", () => {
    const update = anUpdate({
      event: "job.finished",
      current: 98,
      total: 98,
      details: { totalExported: 98, total: 98 },
    });
    expect(decide(pending, update, POLICY, 4_001)).toMatchObject({
      emission: {
        update: { current: 98, total: 98 },
        state: { current: 98, total: 98, details: { totalExported: 98, total: 98 } },
      },
    });
  });

  test("a failure carries the numbers too, with its error", () => {
    const update = anUpdate({ event: "job.failed", error: "blocked" });
    expect(decide(pending, update, POLICY, 4_001)).toMatchObject({
      emission: {
        event: "job.failed",
        state: {
          status: "error",
          error: "blocked",
          lifecycle: failedLife,
          current: 30,
          details: { totalExported: 30, total: 100 },
        },
      },
    });
  });

  test("invents no numbers where nothing was update", () => {
    expect(after(job(), anUpdate({ event: "job.finished" }), 2_000)).toMatchObject({
      current: null,
      total: null,
      details: {},
    });
  });

  test("carries the last number even when a report without one came after it", () => {
    const silent = after(running, anUpdate({ details: { step: "b" } }), 10_000);
    expect(after(silent, anUpdate({ event: "job.finished" }), 11_000)).toMatchObject({
      current: 10,
      total: 100,
      details: { totalExported: 10, total: 100 },
    });
  });

  test.each<{
    name: string;
    event: StoredUpdate["event"];
    lifecycle: Lifecycle;
    decision: Decision;
  }>([
    {
      name: "progress after it is late",
      event: "job.progress",
      lifecycle: finishedLife,
      decision: { kind: "record", reason: "late" },
    },
    {
      name: "progress after a failure is late",
      event: "job.progress",
      lifecycle: failedLife,
      decision: { kind: "record", reason: "late" },
    },
    {
      name: "a creation that was never seen is late",
      event: "job.created",
      lifecycle: finishedLife,
      decision: { kind: "record", reason: "late" },
    },
    {
      name: "a failure after a success is a conflict",
      event: "job.failed",
      lifecycle: finishedLife,
      decision: { kind: "record", reason: "conflict" },
    },
    {
      name: "the same end again is a duplicate",
      event: "job.finished",
      lifecycle: finishedLife,
      decision: { kind: "record", reason: "duplicate" },
    },
    {
      name: "the same failure again is a duplicate",
      event: "job.failed",
      lifecycle: failedLife,
      decision: { kind: "record", reason: "duplicate" },
    },
    {
      name: "the start again is a duplicate",
      event: "job.started",
      lifecycle: finishedLife,
      decision: { kind: "record", reason: "duplicate" },
    },
  ])("$name, whatever its id", ({ event, lifecycle, decision }) => {
    expect(
      decide(
        { ...running, lifecycle },
        anUpdate({ event, key: { kind: "id", value: "another" } }),
        POLICY,
        9_000,
      ),
    ).toEqual(decision);
  });

  test("a repeated body without an id leaves no row", () => {
    const ended: JobState = { ...running, lifecycle: finishedLife };
    expect(
      decide(
        ended,
        anUpdate({ event: "job.finished", key: { kind: "body", value: "ab12" } }),
        POLICY,
        9_000,
      ),
    ).toEqual({
      kind: "duplicate",
    });
  });

  test.each([
    { reason: "duplicate", count: {} },
    { reason: "late", count: { late: 1 } },
    { reason: "conflict", count: { conflicts: 1 } },
  ] as const)("what is $reason is counted and changes nothing else", ({ reason, count }) => {
    const ended: JobState = { ...running, lifecycle: finishedLife, finishedAt: 2_000 };
    expect(applyRecord(ended, { n: 1, at: 9_000, reason })).toEqual({
      ...ended,
      lastRecord: 1,
      lastUpdateAt: 9_000,
      ...count,
    });
  });

  test("a late update of an open job ends its stall", () => {
    expect(
      applyRecord({ ...running, stalled: true }, { n: 1, at: 9_000, reason: "late" }).stalled,
    ).toBe(false);
  });
});

describe("the next attempt", () => {
  test("a requeue after a failure is emitted at once and forgets the old attempt's numbers", () => {
    const failed: JobState = {
      ...running,
      lifecycle: failedLife,
      event: "job.failed",
      status: "error",
      error: "blocked",
      finishedAt: 3_000,
    };
    const update = anUpdate({ event: "job.requeued", occurredAt: 3_500 });
    expect(decide(failed, update, POLICY, 4_000)).toEqual({
      kind: "emit",
      emission: {
        event: "job.requeued",
        update,
        record: null,
        absorbed: 0,
        state: {
          ...failed,
          lifecycle: {
            attempt: 2,
            phase: "waiting",
            requeued: true,
            beganAt: 3_500,
            seen: ["job.requeued"],
          },
          window: { lastAt: 2_000, pending: null, dropped: 0 },
          progress: null,
          shownProgress: null,
          seq: 3,
          lifecycleCount: 2,
          event: "job.requeued",
          status: "queueing",
          error: null,
          current: null,
          total: null,
          updatedAt: 4_000,
          lastUpdateAt: 4_000,
          finishedAt: null,
        },
      },
    });
  });

  test("a requeue in the middle cancels what waits and counts it", () => {
    expect(after(pending, anUpdate({ event: "job.requeued" }), 4_500)).toMatchObject({
      window: { lastAt: 2_000, pending: null, dropped: 0 },
      progress: null,
      current: null,
      absorbed: 3,
      seq: 3,
    });
  });

  test("starts again at a low number, but in the window that the old attempt closed", () => {
    const requeued = after(pending, anUpdate({ event: "job.requeued" }), 4_500);
    expect(decide(requeued, progress(1), POLICY, 6_999)).toEqual({
      kind: "record",
      reason: "absorbed",
    });
    expect(decide(requeued, progress(1), POLICY, 7_000)).toMatchObject({
      kind: "emit",
      emission: { state: { current: 1, lifecycle: { attempt: 2, phase: "running" } } },
    });
  });

  test("a start is late after progress of its attempt that still waits", () => {
    const requeued = after(pending, anUpdate({ event: "job.requeued" }), 4_500);
    const held = after(requeued, progress(1), 5_000);
    expect(held.lifecycle).toEqual({
      attempt: 2,
      phase: "running",
      requeued: true,
      beganAt: null,
      seen: ["job.requeued"],
    });
    expect(decide(held, anUpdate({ event: "job.started" }), POLICY, 5_500)).toEqual({
      kind: "record",
      reason: "late",
    });
  });

  test("a second requeue is a duplicate until the attempt has ended", () => {
    const requeued = after(running, anUpdate({ event: "job.requeued" }), 4_000);
    const failed = after(requeued, anUpdate({ event: "job.failed" }), 5_000);
    expect([
      decide(requeued, anUpdate({ event: "job.requeued" }), POLICY, 4_500),
      decide(failed, anUpdate({ event: "job.requeued" }), POLICY, 5_500).kind,
    ]).toEqual([{ kind: "record", reason: "duplicate" }, "emit"]);
  });

  test("progress from before the requeue is late, however high its number", () => {
    const requeued = after(running, anUpdate({ event: "job.requeued", occurredAt: 3_500 }), 4_000);
    expect(
      [3_499, 3_500].map(
        (occurredAt) => decide(requeued, progress(99, { occurredAt }), POLICY, 60_000).kind,
      ),
    ).toEqual(["record", "emit"]);
  });

  test("a success after a failure is the next attempt, without the failed one's numbers", () => {
    const failed: JobState = {
      ...running,
      lifecycle: failedLife,
      event: "job.failed",
      status: "error",
      error: "blocked",
      finishedAt: 3_000,
    };
    const update = anUpdate({ event: "job.finished", url: "https://x.example/f" });
    expect(decide(failed, update, POLICY, 4_000)).toEqual({
      kind: "emit",
      emission: {
        event: "job.finished",
        update,
        record: null,
        absorbed: 0,
        state: {
          ...failed,
          lifecycle: {
            attempt: 2,
            phase: "finished",
            requeued: false,
            beganAt: null,
            seen: ["job.finished"],
          },
          progress: null,
          shownProgress: null,
          seq: 3,
          lifecycleCount: 2,
          event: "job.finished",
          status: "done",
          url: "https://x.example/f",
          error: null,
          current: null,
          total: null,
          updatedAt: 4_000,
          lastUpdateAt: 4_000,
          finishedAt: 4_000,
        },
      },
    });
  });
});

describe("a key", () => {
  test.each([
    {
      name: "an id that was seen",
      key: { kind: "id", value: "m-9" },
      sighting: { lifecycleCount: 1 },
      kind: "duplicate",
    },
    {
      name: "an id never seen",
      key: { kind: "id", value: "m-9" },
      sighting: undefined,
      kind: "emit",
    },
    {
      name: "a body of this era",
      key: { kind: "body", value: "ab12" },
      sighting: { lifecycleCount: 1 },
      kind: "duplicate",
    },
    {
      name: "a body seen before another lifecycle event",
      key: { kind: "body", value: "ab12" },
      sighting: { lifecycleCount: 0 },
      kind: "emit",
    },
  ] as const)("$name: $kind", ({ key, sighting, kind }) => {
    expect(
      decideUpdate(running, progress(11, { key }), { sighting, policy: POLICY, now: 9_000 }).kind,
    ).toBe(kind);
  });

  test("a body that was seen says nothing about a job that does not exist", () => {
    expect(
      decideUpdate(null, progress(1, { key: { kind: "body", value: "ab12" } }), {
        sighting: undefined,
        policy: POLICY,
        now: 9_000,
      }).kind,
    ).toBe("emit");
  });

  test("a second id of one failure is remembered: its retry cannot fail the next attempt", () => {
    const failed = after(
      running,
      anUpdate({ event: "job.failed", key: { kind: "id", value: "A" } }),
      3_000,
    );
    const twin = anUpdate({ event: "job.failed", key: { kind: "id", value: "B" } });
    expect(decide(failed, twin, POLICY, 3_100)).toEqual({ kind: "record", reason: "duplicate" });
    const requeued = after(after(failed, twin, 3_100), anUpdate({ event: "job.requeued" }), 3_200);
    expect(
      decideUpdate(requeued, twin, {
        sighting: { lifecycleCount: failed.lifecycleCount },
        policy: POLICY,
        now: 3_300,
      }),
    ).toEqual({ kind: "duplicate" });
  });
});

describe("conversions", () => {
  test("pass beside the lifecycle: what waits keeps waiting, no lifecycle event is counted", () => {
    const update = anUpdate({ event: "job.convert.failed", error: "no such format" });
    expect(decide(pending, update, POLICY, 4_500)).toEqual({
      kind: "emit",
      emission: {
        event: "job.convert.failed",
        update,
        record: null,
        absorbed: 0,
        state: {
          ...pending,
          seq: 3,
          event: "job.convert.failed",
          status: "error",
          error: "no such format",
          updatedAt: 4_500,
          lastUpdateAt: 4_500,
        },
      },
    });
  });

  test("pass after the end without touching it", () => {
    const ended = after(running, anUpdate({ event: "job.finished" }), 3_000);
    expect(
      after(ended, anUpdate({ event: "job.convert.done", url: "https://x.example/xlsx" }), 4_000),
    ).toMatchObject({
      lifecycle: finishedLife,
      finishedAt: 3_000,
      seq: 4,
      url: "https://x.example/xlsx",
    });
  });
});

describe("silence", () => {
  const due = 2_000 + 3_600_000;

  test("is emitted when the silence has lasted, and repeats the last status", () => {
    expect(decideDue(running, POLICY, due - 1)).toBe(null);
    expect(decideDue(running, POLICY, due)).toEqual({
      event: "job.stalled",
      update: null,
      record: null,
      absorbed: 0,
      state: { ...running, seq: 3, event: "job.stalled", updatedAt: due, stalled: true },
    });
  });

  test("is emitted once, and again after another update", () => {
    const stalled = decideDue(running, POLICY, due)?.state ?? running;
    expect([nextAt(stalled, POLICY, due), decideDue(stalled, POLICY, 9e12)]).toEqual([null, null]);
    const word = applyRecord(stalled, {
      n: 1,
      at: due + 10,
      reason: "unchanged",
      update: progress(10),
    });
    expect(word.stalled).toBe(false);
    expect(nextAt(word, POLICY, due + 10)).toBe(due + 10 + 3_600_000);
    expect(decideDue(word, POLICY, due + 10 + 3_600_000)).toMatchObject({
      event: "job.stalled",
      state: { seq: 4 },
    });
  });

  test("comes after the value that waits", () => {
    const first = decideDue(pending, POLICY, 9e9);
    const second = first === null ? null : decideDue(first.state, POLICY, 9e9);
    expect([first?.event, second?.event, second?.state.seq]).toEqual([
      "job.progress",
      "job.stalled",
      4,
    ]);
  });

  test("comes before the value that waits when the silence is shorter than the window", () => {
    const impatient = { ...POLICY, stallAfter: 1_000 };
    expect(nextAt(pending, impatient, 4_000)).toBe(5_000);
    expect(decideDue(pending, impatient, 5_000)).toMatchObject({
      event: "job.stalled",
      state: { window: pending.window },
    });
  });

  test.each<{ name: string; state: JobState }>([
    { name: "a finished job", state: { ...running, lifecycle: finishedLife } },
    { name: "a failed job", state: { ...running, lifecycle: failedLife } },
    { name: "a job that has stalled already", state: { ...running, stalled: true } },
    {
      name: "a job whose last event was a conversion",
      state: { ...running, event: "job.convert.failed" },
    },
  ])("is never emitted for $name", ({ state }) => {
    expect([nextAt(state, POLICY, 5_000), decideDue(state, POLICY, 9e12)]).toEqual([null, null]);
  });

  test("is never emitted where it is off", () => {
    const patient = { ...POLICY, stallAfter: 0 };
    expect([nextAt(running, patient, 5_000), decideDue(running, patient, 9e12)]).toEqual([
      null,
      null,
    ]);
  });
});

describe("nextAt", () => {
  test.each<{ name: string; state: JobState; now: number; at: number | null }>([
    { name: "a value waits: when the window opens", state: pending, now: 4_000, at: 7_000 },
    { name: "a value is overdue: when the window opened", state: pending, now: 60_000, at: 7_000 },
    {
      name: "nothing waits: when the silence has lasted",
      state: running,
      now: 4_000,
      at: 3_602_000,
    },
    {
      name: "a job that waits for its start can stall too",
      state: job({ lifecycle: { ...finishedLife, phase: "waiting" } }),
      now: 1_000,
      at: 3_601_000,
    },
    {
      name: "a finished job: never",
      state: { ...running, lifecycle: finishedLife },
      now: 4_000,
      at: null,
    },
  ])("$name", ({ state, now, at }) => {
    expect(nextAt(state, POLICY, now)).toBe(at);
  });

  test("after the clock went back, a value leaves one window after it was held", () => {
    const held = after(
      { ...running, window: { lastAt: 900_000, pending: null, dropped: 0 } },
      progress(11),
      2_500,
    );
    expect(nextAt(held, POLICY, 2_500)).toBe(7_500);
    expect(decideDue(held, POLICY, 7_499)).toBe(null);
    expect(decideDue(held, POLICY, 7_500)?.event).toBe("job.progress");
  });
});

describe("expiresAt", () => {
  test.each<{ name: string; state: JobState; at: number }>([
    {
      name: "counts from the last update",
      state: job({ lastUpdateAt: 9_000, updatedAt: 2_000 }),
      at: 2_592_009_000,
    },
    {
      name: "counts from the last event",
      state: job({ lastUpdateAt: 2_000, updatedAt: 9_000 }),
      at: 2_592_009_000,
    },
  ])("$name", ({ state, at }) => {
    expect(expiresAt(state, POLICY)).toBe(at);
  });
});

const at = (policy: Policy): Parameters<typeof decideUpdate>[2] => ({
  sighting: undefined,
  policy,
  now: 9_000,
});

describe("an update that names another account", () => {
  const other = progress(50, { account: "beta" });
  test("is refused by its reason, whatever it says", () => {
    expect(
      (["job.progress", "job.finished", "job.requeued", "job.convert.done"] as const).map((event) =>
        decideUpdate(running, anUpdate({ event, account: "beta" }), at(POLICY)),
      ),
    ).toEqual(Array.from({ length: 4 }, () => ({ kind: "refused", reason: "account-mismatch" })));
  });

  test("is refused although its key was seen", () => {
    const sighting = { lifecycleCount: 1 };
    expect(decideUpdate(running, other, { ...at(POLICY), sighting }).kind).toBe("refused");
  });

  test.each([
    { name: "names no account: it has the source's id", job: "acme", update: "comments" },
    { name: "names the first account of a job that had none", job: "comments", update: "beta" },
  ])("is accepted when it $name", ({ job: account, update }) => {
    const state = { ...running, account };
    const decision = decideUpdate(state, progress(50, { account: update }), at(POLICY));
    expect(decision).toMatchObject({ kind: "emit", emission: { state: { account } } });
  });

  test("is accepted when the configuration gave the source another account", () => {
    expect(decideUpdate(running, other, at({ ...POLICY, oneAccount: true })).kind).toBe("emit");
  });
});

const finish = (redact: readonly string[]): JobState => {
  const decision = decide(
    pending,
    anUpdate({ event: "job.finished" }),
    { ...POLICY, redact },
    9_000,
  );
  if (decision.kind !== "emit") throw new Error("an end is emitted");
  return decision.emission.state;
};

describe("what a source redacts", () => {
  test("is not added to an end that has the numbers elsewhere", () => {
    const update = anUpdate({ event: "job.finished", current: 5, total: 6 });
    const redact = ["total", "totalExported"];
    expect(decide(running, update, { ...POLICY, redact }, 9_000)).toMatchObject({
      emission: { update: { details: {} }, state: { details: {} } },
    });
  });

  test.each([
    { redact: ["total"], current: 30, total: null, details: { totalExported: 30 } },
    { redact: ["totalExported"], current: null, total: 100, details: { total: 100 } },
    { redact: ["error", "total", "totalExported"], current: null, total: null, details: {} },
    { redact: ["emails"], current: 30, total: 100, details: { totalExported: 30, total: 100 } },
  ])("is not added to the end again: $redact", ({ redact, ...shown }) => {
    const { current, total, details } = finish(redact);
    expect({ current, total, details }).toEqual(shown);
  });
});
