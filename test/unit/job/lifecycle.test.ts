// The lifecycle rules as one literal table, and the cases that do not
// fit a grid.

import { constantFrom, integer, nat, property, record, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isEnd,
  isEnded,
  decideLifecycle,
  type Lifecycle,
  type Phase,
  type LifecycleDecision,
} from "../../../src/job/lifecycle.ts";
import type { ProviderJobEvent } from "../../../src/model/event.ts";
import { falsified } from "../kernel/falsified.ts";

const BEGAN = 1_000;
const NOON = 1_795_262_400_000;

const EVENTS: readonly ProviderJobEvent[] = [
  "job.created",
  "job.started",
  "job.progress",
  "job.finished",
  "bulk_download.ready",
  "job.failed",
  "bulk_download.failed",
  "job.requeued",
  "job.convert.done",
  "job.convert.failed",
];

/**
 * The verdict in words: its kind, then attempt and phase of the life it leads to, `r` for an
 * attempt opened by a requeue.
 */
function inWords(verdict: LifecycleDecision): string {
  if (!("lifecycle" in verdict)) return verdict.kind;
  const { attempt, requeued, phase } = verdict.lifecycle;
  return `${verdict.kind} ${attempt}${requeued ? "r" : ""} ${phase}`;
}

/** Decides on an event that comes at `now`: long after everything else by default. */
const decide = (
  lifecycle: Lifecycle | null,
  event: ProviderJobEvent,
  occurredAt: number | null,
  now = 9_000_000,
): LifecycleDecision => decideLifecycle(lifecycle, event, { occurredAt, now });

const SEEN: Readonly<Record<Phase, readonly ProviderJobEvent[]>> = {
  waiting: ["job.created"],
  running: ["job.created", "job.started"],
  finished: ["job.created", "job.started", "job.finished"],
  failed: ["job.created", "job.started", "job.failed"],
};

const lifeIn = (phase: Phase, requeued: boolean): Lifecycle => ({
  attempt: 2,
  phase,
  requeued,
  beganAt: BEGAN,
  seen: SEEN[phase],
});

interface Row {
  readonly phase: Phase;
  readonly requeued: boolean;
  /** One verdict per event, in the order of `EVENTS`. */
  readonly verdicts: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    phase: "waiting",
    requeued: false,
    verdicts: [
      "duplicate",
      "advance 2 running",
      "progress 2 running",
      "advance 2 finished",
      "advance 2 finished",
      "advance 2 failed",
      "advance 2 failed",
      "advance 3r waiting",
      "aside 2 waiting",
      "aside 2 waiting",
    ],
  },
  {
    phase: "waiting",
    requeued: true,
    verdicts: [
      "duplicate",
      "advance 2r running",
      "progress 2r running",
      "advance 2r finished",
      "advance 2r finished",
      "advance 2r failed",
      "advance 2r failed",
      "duplicate",
      "aside 2r waiting",
      "aside 2r waiting",
    ],
  },
  {
    phase: "running",
    requeued: false,
    verdicts: [
      "duplicate",
      "duplicate",
      "progress 2 running",
      "advance 2 finished",
      "advance 2 finished",
      "advance 2 failed",
      "advance 2 failed",
      "advance 3r waiting",
      "aside 2 running",
      "aside 2 running",
    ],
  },
  {
    phase: "running",
    requeued: true,
    verdicts: [
      "duplicate",
      "duplicate",
      "progress 2r running",
      "advance 2r finished",
      "advance 2r finished",
      "advance 2r failed",
      "advance 2r failed",
      "duplicate",
      "aside 2r running",
      "aside 2r running",
    ],
  },
  {
    phase: "finished",
    requeued: false,
    verdicts: [
      "duplicate",
      "duplicate",
      "late",
      "duplicate",
      "duplicate",
      "conflict",
      "conflict",
      "advance 3r waiting",
      "aside 2 finished",
      "aside 2 finished",
    ],
  },
  {
    phase: "finished",
    requeued: true,
    verdicts: [
      "duplicate",
      "duplicate",
      "late",
      "duplicate",
      "duplicate",
      "conflict",
      "conflict",
      "advance 3r waiting",
      "aside 2r finished",
      "aside 2r finished",
    ],
  },
  {
    phase: "failed",
    requeued: false,
    verdicts: [
      "duplicate",
      "duplicate",
      "late",
      "advance 3 finished",
      "advance 3 finished",
      "duplicate",
      "duplicate",
      "advance 3r waiting",
      "aside 2 failed",
      "aside 2 failed",
    ],
  },
  {
    phase: "failed",
    requeued: true,
    verdicts: [
      "duplicate",
      "duplicate",
      "late",
      "advance 3 finished",
      "advance 3 finished",
      "duplicate",
      "duplicate",
      "advance 3r waiting",
      "aside 2r failed",
      "aside 2r failed",
    ],
  },
];

const INSTANTS = [
  { when: "at the beginning of the attempt", occurredAt: BEGAN },
  { when: "one millisecond after it", occurredAt: BEGAN + 1 },
  { when: "at an instant the provider does not tell", occurredAt: null },
] as const;

const CASES = ROWS.flatMap(({ phase, requeued, verdicts }) =>
  EVENTS.flatMap((event, index) =>
    INSTANTS.map(({ when, occurredAt }) => ({
      phase,
      requeued,
      event,
      when,
      occurredAt,
      verdict: verdicts[index] ?? "no verdict",
    })),
  ),
);

const PAIRS = ROWS.flatMap(({ phase, requeued }) =>
  EVENTS.map((event) => ({ phase, requeued, event })),
);

describe("a decision for a job that was created and started", () => {
  test.each(CASES)(
    "$event while $phase (requeued: $requeued), $when: $verdict",
    ({ phase, requeued, event, occurredAt, verdict }) => {
      expect(inWords(decide(lifeIn(phase, requeued), event, occurredAt))).toBe(verdict);
    },
  );

  test.each(PAIRS)(
    "$event from before the attempt began is late while $phase (requeued: $requeued)",
    ({ phase, requeued, event }) => {
      expect(decide(lifeIn(phase, requeued), event, BEGAN - 1)).toEqual({ kind: "late" });
    },
  );

  test.each(PAIRS)(
    "$event while $phase (requeued: $requeued) is not late when no beginning is known",
    (given) => {
      const lifecycle: Lifecycle = { ...lifeIn(given.phase, given.requeued), beganAt: null };
      expect(inWords(decide(lifecycle, given.event, 0))).toBe(
        inWords(decide(lifecycle, given.event, null)),
      );
    },
  );
});

describe("a decision for a new job", () => {
  test.each([
    { event: "job.created", verdict: "advance 1 waiting" },
    { event: "job.started", verdict: "advance 1 running" },
    { event: "job.progress", verdict: "progress 1 running" },
    { event: "job.finished", verdict: "advance 1 finished" },
    { event: "job.failed", verdict: "advance 1 failed" },
    { event: "job.requeued", verdict: "advance 2r waiting" },
    { event: "job.convert.done", verdict: "aside 1 waiting" },
    { event: "job.convert.failed", verdict: "aside 1 waiting" },
    { event: "bulk_download.ready", verdict: "advance 1 finished" },
    { event: "bulk_download.failed", verdict: "advance 1 failed" },
  ] as const)("$event is accepted: $verdict", ({ event, verdict }) => {
    expect(inWords(decide(null, event, null))).toBe(verdict);
    expect(inWords(decide(null, event, 0))).toBe(verdict);
  });
});

describe("a decision whole lives", () => {
  const running: Lifecycle = {
    attempt: 1,
    phase: "running",
    requeued: false,
    beganAt: null,
    seen: ["job.started"],
  };

  test("the first event is remembered as seen", () => {
    expect(decide(null, "job.created", 500)).toEqual({
      kind: "advance",
      lifecycle: {
        attempt: 1,
        phase: "waiting",
        requeued: false,
        beganAt: null,
        seen: ["job.created"],
      },
    });
  });

  test("a creation that arrives after the start is late, and no duplicate", () => {
    expect(decide(running, "job.created", null)).toEqual({ kind: "late" });
  });

  test("a start that arrives after the first progress is late", () => {
    expect(decide({ ...running, seen: [] }, "job.started", null)).toEqual({
      kind: "late",
    });
  });

  test.each(["finished", "failed"] as const)(
    "creation and start that were never seen are late once the job has %s",
    (phase) => {
      const ended: Lifecycle = { ...running, phase, seen: [`job.${phase}`] };
      expect([decide(ended, "job.created", null), decide(ended, "job.started", null)]).toEqual([
        { kind: "late" },
        { kind: "late" },
      ]);
    },
  );

  test("a requeue opens the next attempt and forgets what was seen but the creation", () => {
    const lifecycle: Lifecycle = {
      attempt: 3,
      phase: "failed",
      requeued: true,
      beganAt: 7,
      seen: ["job.created", "job.requeued", "job.started", "job.failed"],
    };
    expect(decide(lifecycle, "job.requeued", 900)).toEqual({
      kind: "advance",
      lifecycle: {
        attempt: 4,
        phase: "waiting",
        requeued: true,
        beganAt: 900,
        seen: ["job.created", "job.requeued"],
      },
    });
  });

  test("a requeue without an instant leaves the beginning unknown", () => {
    expect(decide(running, "job.requeued", null)).toEqual({
      kind: "advance",
      lifecycle: {
        attempt: 2,
        phase: "waiting",
        requeued: true,
        beganAt: null,
        seen: ["job.requeued"],
      },
    });
  });

  test("success after failure is the next attempt, already finished", () => {
    const lifecycle: Lifecycle = {
      attempt: 2,
      phase: "failed",
      requeued: true,
      beganAt: 7,
      seen: ["job.requeued", "job.failed"],
    };
    expect(decide(lifecycle, "job.finished", 950)).toEqual({
      kind: "advance",
      lifecycle: {
        attempt: 3,
        phase: "finished",
        requeued: false,
        beganAt: 950,
        endedAt: 950,
        seen: ["job.finished"],
      },
    });
  });

  test("the requeue that caused a success, when it arrives after it, is late by its instant", () => {
    const lifecycle: Lifecycle = {
      attempt: 2,
      phase: "finished",
      requeued: false,
      beganAt: 950,
      seen: ["job.finished"],
    };
    expect(decide(lifecycle, "job.requeued", 900)).toEqual({ kind: "late" });
  });

  test("the start of the next attempt is no repetition of the first attempt's", () => {
    const second: Lifecycle = {
      attempt: 2,
      phase: "waiting",
      requeued: true,
      beganAt: null,
      seen: ["job.requeued"],
    };
    expect(decide(second, "job.started", null)).toEqual({
      kind: "advance",
      lifecycle: {
        attempt: 2,
        phase: "running",
        requeued: true,
        beganAt: null,
        seen: ["job.requeued", "job.started"],
      },
    });
  });

  test("progress is not a lifecycle event: nothing is remembered as seen", () => {
    const waiting: Lifecycle = {
      attempt: 1,
      phase: "waiting",
      requeued: false,
      beganAt: null,
      seen: ["job.created"],
    };
    expect(decide(waiting, "job.progress", null)).toEqual({
      kind: "progress",
      lifecycle: { ...waiting, phase: "running" },
    });
  });

  test("a conversion leaves the life as it is", () => {
    expect(decide(running, "job.convert.done", null)).toEqual({
      kind: "aside",
      lifecycle: running,
    });
  });
});

describe("an event after a requeue, by the provider's clock", () => {
  /** Noon of 21 November 2026, UTC. */
  const failed: Lifecycle = {
    attempt: 1,
    phase: "failed",
    requeued: false,
    beganAt: null,
    seen: ["job.created", "job.failed"],
  };

  /** The attempt that a requeue opened, which was stamped `stamp` and came at `now`. */
  function requeued(stamp: number, now: number): Lifecycle {
    const decision = decide(failed, "job.requeued", stamp, now);
    if (decision.kind !== "advance") throw new Error("a requeue opens an attempt");
    return decision.lifecycle;
  }

  test.each<{
    name: string;
    requeue: { stamp: number; now: number };
    event: ProviderJobEvent;
    stamp: number;
    now: number;
    kind: LifecycleDecision["kind"];
  }>([
    {
      name: "a finish after a requeue stamped two minutes ahead",
      requeue: { stamp: NOON + 120_000, now: NOON },
      event: "job.finished",
      stamp: NOON + 30_000,
      now: NOON + 30_050,
      kind: "advance",
    },
    {
      name: "a finish stamped before a requeue that was stamped ahead",
      requeue: { stamp: NOON + 120_000, now: NOON },
      event: "job.finished",
      stamp: NOON - 40,
      now: NOON + 10,
      kind: "advance",
    },
    {
      name: "a failure stamped before a requeue that was stamped ahead",
      requeue: { stamp: NOON + 1, now: NOON },
      event: "job.failed",
      stamp: NOON - 1,
      now: NOON + 10,
      kind: "advance",
    },
    {
      name: "progress of an hour ago after a requeue that was stamped ahead",
      requeue: { stamp: NOON + 120_000, now: NOON },
      event: "job.progress",
      stamp: NOON - 3_600_000,
      now: NOON + 10,
      kind: "late",
    },
    {
      name: "progress stamped ahead, although the clock here went back",
      requeue: { stamp: NOON + 120_000, now: NOON },
      event: "job.progress",
      stamp: NOON + 5_000,
      now: NOON - 5_000,
      kind: "progress",
    },
    {
      name: "a finish in whole seconds in the second of the requeue",
      requeue: { stamp: NOON + 5_400, now: NOON + 5_500 },
      event: "job.finished",
      stamp: NOON + 5_000,
      now: NOON + 5_900,
      kind: "advance",
    },
    {
      name: "a finish in milliseconds in the second of a requeue in whole seconds",
      requeue: { stamp: NOON + 5_000, now: NOON + 5_500 },
      event: "job.finished",
      stamp: NOON + 5_001,
      now: NOON + 5_900,
      kind: "advance",
    },
    {
      name: "a finish in whole seconds in the second before the requeue",
      requeue: { stamp: NOON + 5_400, now: NOON + 5_500 },
      event: "job.finished",
      stamp: NOON + 4_000,
      now: NOON + 5_900,
      kind: "late",
    },
    {
      name: "a failure in milliseconds just before the requeue",
      requeue: { stamp: NOON + 5_400, now: NOON + 5_500 },
      event: "job.failed",
      stamp: NOON + 5_399,
      now: NOON + 5_900,
      kind: "late",
    },
  ])("$name: $kind", ({ requeue, event, stamp, now, kind }) => {
    expect(decide(requeued(requeue.stamp, requeue.now), event, stamp, now).kind).toBe(kind);
  });

  test("a beginning in the future that an earlier version stored makes no end late", () => {
    const stored: Lifecycle = { ...requeued(NOON, NOON), beganAt: NOON + 120_000 };
    expect(decide(stored, "job.finished", NOON + 10, NOON + 20).kind).toBe("advance");
  });

  test("an attempt that begins in the future begins now", () => {
    expect(requeued(NOON + 120_000, NOON)).toMatchObject({ beganAt: NOON, clockAhead: true });
    expect(requeued(NOON, NOON)).not.toHaveProperty("clockAhead");
  });

  test("an end that follows is never late, however far off the provider's clock is", () => {
    const clocks = record({
      offset: integer({ min: -600_000, max: 600_000 }),
      pause: nat(5_000),
      delays: tuple(nat(3_000), nat(3_000)),
      precision: tuple(constantFrom(1, 1_000), constantFrom(1, 1_000)),
    });
    expect(
      falsified(
        property(clocks, ({ offset, pause, delays, precision }) => {
          const stamp = (at: number, of: number): number =>
            Math.floor((NOON + at + offset) / of) * of;
          const lifecycle = requeued(stamp(0, precision[0]), NOON + delays[0]);
          const came = NOON + Math.max(delays[0], pause + delays[1]);
          const end = decide(lifecycle, "job.finished", stamp(pause, precision[1]), came);
          if (end.kind !== "advance") throw new Error(`it is ${end.kind}`);
        }),
        2_000,
      ),
    ).toEqual([]);
  });
});

/** The second attempt of a job whose first one finished at `end`; `requeue` may be unknown. */
const second = (end: number, requeue: number | null, now = NOON): Lifecycle => {
  const finished = decide(null, "job.finished", end, now);
  if (!("lifecycle" in finished)) throw new Error(finished.kind);
  const opened = decide(finished.lifecycle, "job.requeued", requeue, now);
  if (!("lifecycle" in opened)) throw new Error(opened.kind);
  return opened.lifecycle;
};

describe("an event after a requeue, by the end of the attempt before", () => {
  test.each([
    ["job.finished", NOON - 600_000, "late"],
    ["job.failed", NOON - 600_000, "late"],
    ["job.failed", NOON - 601_000, "late"],
    ["job.finished", NOON - 599_000, "advance"],
    ["job.finished", NOON - 599_999, "advance"],
    ["job.started", NOON - 600_000, "advance"],
    ["job.progress", NOON - 600_000, "progress"],
    ["job.progress", NOON - 601_000, "late"],
    ["job.requeued", NOON - 600_000, "duplicate"],
    ["job.finished", null, "advance"],
  ] as const)("%s at %s, where the requeue names no instant: %s", (event, stamp, kind) => {
    expect(decide(second(NOON - 600_000, null), event, stamp, NOON + 10).kind).toBe(kind);
  });

  test.each([
    ["job.progress", NOON - 1, "late"],
    ["job.finished", NOON - 2, "late"],
    ["job.finished", NOON - 1, "late"],
    ["job.finished", NOON - 1_000, "advance"],
    ["job.finished", NOON - 2_000, "late"],
    ["job.finished", NOON + 1, "advance"],
  ] as const)("%s at %s after an end in milliseconds: %s", (event, stamp, kind) => {
    expect(decide(second(NOON - 1, null), event, stamp, NOON + 10).kind).toBe(kind);
  });

  test("an end of the first attempt does not finish a third after the second has failed", () => {
    const failed = decide(second(NOON - 1, null), "job.failed", NOON + 5, NOON + 6);
    if (!("lifecycle" in failed)) throw new Error(failed.kind);
    expect(decide(failed.lifecycle, "job.finished", NOON - 1, NOON + 10).kind).toBe("late");
  });

  test("an attempt that is opened before its end keeps the bound of the one before it", () => {
    const third = decide({ ...second(NOON - 1, null), requeued: false }, "job.requeued", null);
    expect(third).toMatchObject({ kind: "advance", lifecycle: { previousEndedAt: NOON - 1 } });
  });

  test("an end that is stamped in the future ended its attempt as it came", () => {
    expect(second(NOON + 120_000, null)).toMatchObject({ previousEndedAt: NOON });
  });

  test("a state of an earlier version knows no end, and makes nothing late by it", () => {
    const finished: Lifecycle = {
      attempt: 1,
      phase: "finished",
      requeued: false,
      beganAt: null,
      seen: ["job.finished"],
    };
    const opened = decide(finished, "job.requeued", null, NOON);
    if (!("lifecycle" in opened)) throw new Error(opened.kind);
    expect(opened.lifecycle).not.toHaveProperty("previousEndedAt");
    expect(decide(opened.lifecycle, "job.finished", NOON - 1, NOON + 10).kind).toBe("advance");
  });

  test("the old end is late and the new one is not, whatever the clock's offset", () => {
    const clocks = record({
      offset: integer({ min: -600_000, max: 600_000 }),
      pause: integer({ min: 1_000, max: 5_000 }),
      delays: tuple(nat(3_000), nat(3_000)),
      precision: constantFrom(1, 1_000),
      names: constantFrom(true, false),
    });
    expect(
      falsified(
        property(clocks, ({ offset, pause, delays, precision, names }) => {
          const stamp = (at: number): number =>
            Math.floor((NOON + at + offset) / precision) * precision;
          const lifecycle = second(stamp(0), names ? stamp(1) : null, NOON + delays[0]);
          const came = NOON + Math.max(delays[0], pause + delays[1]);
          const again = decide(lifecycle, "job.finished", stamp(0), came).kind;
          if (offset <= 0 && again !== "late") throw new Error(`the old end is ${again}`);
          const end = decide(lifecycle, "job.finished", stamp(pause), came).kind;
          if (end !== "advance") throw new Error(`the new end is ${end}`);
        }),
        2_000,
      ),
    ).toEqual([]);
  });
});

test("an end that happens just now is no repetition of an end at the same instant", () => {
  const again: Lifecycle = {
    attempt: 2,
    phase: "running",
    requeued: true,
    beganAt: NOON - 1,
    previousEndedAt: NOON,
    seen: [],
  };
  expect(decide(again, "job.failed", NOON, NOON).kind).toBe("advance");
  expect(decide(again, "job.failed", NOON, NOON + 1).kind).toBe("late");
});

test("an end before an attempt that began just now is late", () => {
  const begun: Lifecycle = {
    attempt: 2,
    phase: "running",
    requeued: true,
    beganAt: NOON,
    seen: [],
  };
  expect(decide(begun, "job.finished", NOON - 1, NOON).kind).toBe("late");
  expect(decide(begun, "job.finished", NOON - 1, NOON - 1).kind).toBe("advance");
});

test("exports and bulk downloads end an attempt, conversions and everything else do not", () => {
  expect(EVENTS.filter(isEnd)).toEqual([
    "job.finished",
    "bulk_download.ready",
    "job.failed",
    "bulk_download.failed",
  ]);
});

describe("isEnded", () => {
  test.each([
    ["waiting", false],
    ["running", false],
    ["finished", true],
    ["failed", true],
  ] as const)("%s: %s", (phase, ended) => {
    expect(isEnded(phase)).toBe(ended);
  });
});
