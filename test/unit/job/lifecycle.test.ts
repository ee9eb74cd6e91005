// The lifecycle rules of the contract (section 4) as one literal table, and the cases that do not
// fit a grid.

import { describe, expect, test } from "vitest";
import {
  isEnded,
  decideLifecycle,
  type Lifecycle,
  type Phase,
  type LifecycleDecision,
} from "../../../src/job/lifecycle.ts";
import type { ProviderJobEvent } from "../../../src/model/event.ts";

const BEGAN = 1_000;

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
      expect(inWords(decideLifecycle(lifeIn(phase, requeued), event, occurredAt))).toBe(verdict);
    },
  );

  test.each(PAIRS)(
    "$event from before the attempt began is late while $phase (requeued: $requeued)",
    ({ phase, requeued, event }) => {
      expect(decideLifecycle(lifeIn(phase, requeued), event, BEGAN - 1)).toEqual({ kind: "late" });
    },
  );

  test.each(PAIRS)(
    "$event while $phase (requeued: $requeued) is not late when no beginning is known",
    (given) => {
      const lifecycle: Lifecycle = { ...lifeIn(given.phase, given.requeued), beganAt: null };
      expect(inWords(decideLifecycle(lifecycle, given.event, 0))).toBe(
        inWords(decideLifecycle(lifecycle, given.event, null)),
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
    expect(inWords(decideLifecycle(null, event, null))).toBe(verdict);
    expect(inWords(decideLifecycle(null, event, 0))).toBe(verdict);
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
    expect(decideLifecycle(null, "job.created", 500)).toEqual({
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
    expect(decideLifecycle(running, "job.created", null)).toEqual({ kind: "late" });
  });

  test("a start that arrives after the first progress is late", () => {
    expect(decideLifecycle({ ...running, seen: [] }, "job.started", null)).toEqual({
      kind: "late",
    });
  });

  test.each(["finished", "failed"] as const)(
    "creation and start that were never seen are late once the job has %s",
    (phase) => {
      const ended: Lifecycle = { ...running, phase, seen: [`job.${phase}`] };
      expect([
        decideLifecycle(ended, "job.created", null),
        decideLifecycle(ended, "job.started", null),
      ]).toEqual([{ kind: "late" }, { kind: "late" }]);
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
    expect(decideLifecycle(lifecycle, "job.requeued", 900)).toEqual({
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
    expect(decideLifecycle(running, "job.requeued", null)).toEqual({
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
    expect(decideLifecycle(lifecycle, "job.finished", 950)).toEqual({
      kind: "advance",
      lifecycle: {
        attempt: 3,
        phase: "finished",
        requeued: false,
        beganAt: 950,
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
    expect(decideLifecycle(lifecycle, "job.requeued", 900)).toEqual({ kind: "late" });
  });

  test("the start of the next attempt is no repetition of the first attempt's", () => {
    const second: Lifecycle = {
      attempt: 2,
      phase: "waiting",
      requeued: true,
      beganAt: null,
      seen: ["job.requeued"],
    };
    expect(decideLifecycle(second, "job.started", null)).toEqual({
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
    expect(decideLifecycle(waiting, "job.progress", null)).toEqual({
      kind: "progress",
      lifecycle: { ...waiting, phase: "running" },
    });
  });

  test("a conversion leaves the life as it is", () => {
    expect(decideLifecycle(running, "job.convert.done", null)).toEqual({
      kind: "aside",
      lifecycle: running,
    });
  });
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
