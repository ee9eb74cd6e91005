// The order of one job's deliveries.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  PROGRESS_GRACE_MS,
  planJob,
  waitOfSingleRow,
  type PlanContext,
} from "../../../../src/deliver/queue/job-plan.ts";
import type { QueueRow } from "../../../../src/deliver/queue/queue-row.ts";
import { plan } from "../../../../src/deliver/queue/plan.ts";
import { MINUTE, SECOND } from "../../../../src/kernel/time.ts";
import { context, end, failing, NOW, progress, row } from "./builders.ts";
import { runs } from "../../runs.ts";

const refused = { waiting: "refusal", due: NOW + MINUTE, attempts: 1, step: 1 } as const;
const old = { at: NOW - PROGRESS_GRACE_MS } as const;

/** What is decided about a job, in the numbers of its rows. */
const decided = (queue: readonly QueueRow[], circumstances: PlanContext): object => {
  const { ready, superseded, wake, inheritedWaits } = planJob(queue, circumstances);
  return {
    ready: ready.map(({ n }) => n),
    superseded,
    inheritedWaits: inheritedWaits.map(({ n }) => n),
    wake,
  };
};
const expected = (over: object): object => ({
  ready: [],
  superseded: [],
  inheritedWaits: [],
  wake: null,
  ...over,
});
const busy = context({ underWay: new Set([1]) });
const held = context({ held: true, collapseProgress: true });
const unordered = context({ order: "none" });
const closed = context({
  throttle: MINUTE,
  progressSentAt: new Map([["comments/g1", NOW - SECOND]]),
});
const OPENS = NOW - SECOND + MINUTE;

describe("one job", () => {
  test.each<[string, readonly QueueRow[], PlanContext, object]>([
    ["nothing", [], context(), {}],
    ["the first goes", [row(1), row(2)], context(), { ready: [1] }],
    ["nothing goes beside one that is under way", [row(1), row(2)], busy, {}],
    [
      "not even one that was refused and is due again",
      [row(1), row(2), row(3)],
      context({ underWay: new Set([2]) }),
      {},
    ],
    [
      "nothing goes past one that is unavailable",
      [row(1, failing), row(2)],
      context(),
      { wake: NOW + MINUTE },
    ],
    [
      "nor past one that the receiver asked to have later",
      [row(1, { ...failing, waiting: "asked" }), row(2)],
      context(),
      { wake: NOW + MINUTE },
    ],
    [
      "one that is due again goes first",
      [row(1, { ...failing, due: NOW }), row(2)],
      context(),
      { ready: [1] },
    ],
    [
      "a refused one is passed by",
      [row(1, refused), row(2)],
      context(),
      { ready: [2], wake: NOW + MINUTE },
    ],
    [
      "a refused one that is due goes first",
      [row(1, { ...refused, due: NOW }), row(2)],
      context(),
      { ready: [1] },
    ],
    [
      "refused ones wait each for their own instant",
      [row(1, refused), row(2, { ...refused, due: NOW + 1 })],
      context(),
      { wake: NOW + 1 },
    ],
    ["nothing goes while held", [row(1), row(2)], held, {}],
    [
      "what is asked for by hand goes while held",
      [row(1), row(2, { cause: "manual" })],
      held,
      { ready: [2] },
    ],
    ["a replay does not go while held", [row(1, { cause: "replay" })], held, {}],
    [
      "an early probe does not wait for its instant",
      [row(1, failing), row(2)],
      context({ ignoreSchedule: true }),
      { ready: [1] },
    ],
  ])("%s", (_, queue, circumstances, over) => {
    expect(decided(queue, circumstances)).toEqual(expected(over));
  });
});

describe("progress", () => {
  test.each<[string, readonly QueueRow[], PlanContext, object]>([
    ["a burst on its way is sent whole", [row(1), progress(2), progress(3), end(4)], busy, {}],
    [
      "a burst stays whole until its progress is older than the limit",
      [progress(1, { at: NOW - PROGRESS_GRACE_MS + 1 }), progress(2)],
      context(),
      { ready: [1] },
    ],
    [
      "a backlog keeps only the newest",
      [progress(1, old), progress(2)],
      context(),
      { superseded: [1], ready: [2] },
    ],
    [
      "an end removes what waits longer",
      [progress(1, old), progress(2, old), end(3)],
      context(),
      { superseded: [1, 2], ready: [3] },
    ],
    ["one under way is left alone", [progress(1, old), progress(2)], busy, {}],
    [
      "behind an unavailable one the newest replaces the rest",
      [row(1, failing), progress(2), progress(3)],
      context(),
      { superseded: [2], wake: NOW + MINUTE },
    ],
    [
      "behind an unavailable one an end removes all progress before it",
      [row(1, failing), progress(2), end(3)],
      context(),
      { superseded: [2], wake: NOW + MINUTE },
    ],
    [
      "behind an unavailable one an end leaves what comes after it",
      [row(1, failing), progress(2), end(3), row(4), progress(5)],
      context(),
      { superseded: [2], wake: NOW + MINUTE },
    ],
    ["the last one stays", [row(1, failing), progress(2)], context(), { wake: NOW + MINUTE }],
    [
      "other events replace nothing",
      [row(1, failing), progress(2), row(3)],
      context(),
      { wake: NOW + MINUTE },
    ],
    [
      "a failing one is replaced, and its wait goes over to the newer",
      [progress(1, failing), progress(2)],
      context(),
      { superseded: [1], inheritedWaits: [2], wake: NOW + MINUTE },
    ],
    [
      "a failing progress event is replaced by an end, which inherits its wait",
      [progress(1, failing), end(2)],
      context(),
      { superseded: [1], inheritedWaits: [2], wake: NOW + MINUTE },
    ],
    [
      "a failing progress event is replaced, and the event in between inherits its wait",
      [progress(1, failing), row(2), progress(3)],
      context(),
      { superseded: [1], inheritedWaits: [2], wake: NOW + MINUTE },
    ],
    [
      "the wait of replaced progress is inherited by the first event that stays",
      [progress(1, failing), progress(2), progress(3), end(4), row(5)],
      context(),
      { superseded: [1, 2, 3], inheritedWaits: [4], wake: NOW + MINUTE },
    ],
    [
      "a wait that is over is not inherited",
      [progress(1, { ...failing, due: NOW }), progress(2)],
      context(),
      { superseded: [1], ready: [2] },
    ],
    [
      "a refused one is replaced without a wait",
      [progress(1, refused), progress(2)],
      context(),
      { superseded: [1], ready: [2] },
    ],
    [
      "while held only the newest is kept",
      [progress(1), row(2), progress(3)],
      held,
      { superseded: [1] },
    ],
    [
      "one that is replayed is not replaced",
      [row(1, failing), progress(2, { cause: "replay" }), progress(3)],
      context(),
      { wake: NOW + MINUTE },
    ],
    [
      "one that is retried by hand is not replaced",
      [progress(1, { cause: "manual", ...old }), end(2)],
      context(),
      { ready: [1] },
    ],
    [
      "an older one that is replayed replaces nothing",
      [row(5, failing), progress(6), progress(7, { seq: 3, cause: "replay" })],
      context(),
      { wake: NOW + MINUTE },
    ],
    [
      "behind one that was refused a burst stays whole",
      [row(1, refused), progress(2), progress(3)],
      context(),
      { ready: [2], wake: NOW + MINUTE },
    ],
    [
      "behind one that is due again a burst stays whole",
      [row(1, { ...failing, due: NOW }), progress(2), progress(3)],
      context(),
      { ready: [1] },
    ],
    [
      "the wait of a replaced one is inherited by the next one that has none of its own",
      [progress(1, failing), row(2, { ...refused, due: NOW + 1 }), progress(3)],
      context(),
      { superseded: [1], inheritedWaits: [3], wake: NOW + 1 },
    ],
    [
      "without order no wait is inherited",
      [progress(1, failing), progress(2)],
      unordered,
      { superseded: [1], ready: [2] },
    ],
    [
      "without order one that waits holds no burst back",
      [row(1, failing), progress(2), progress(3)],
      unordered,
      { ready: [2, 3], wake: NOW + MINUTE },
    ],
    [
      "without order it is replaced as well",
      [progress(1, refused), progress(2, { at: NOW }), end(3)],
      unordered,
      { superseded: [1], ready: [2, 3] },
    ],
  ])("%s", (_, queue, circumstances, over) => {
    expect(decided(queue, circumstances)).toEqual(expected(over));
  });
});

describe("the subscriber's own window", () => {
  test.each<[string, readonly QueueRow[], PlanContext, object]>([
    ["progress waits until it opens", [progress(1)], closed, { wake: OPENS }],
    ["progress leaves when it opens", [progress(1)], { ...closed, now: OPENS }, { ready: [1] }],
    [
      "progress does not leave a millisecond sooner",
      [progress(1)],
      { ...closed, now: OPENS - 1 },
      { wake: OPENS },
    ],
    [
      "a burst that comes when it opens stays whole",
      [progress(1, { at: OPENS }), progress(2, { at: OPENS })],
      { ...closed, now: OPENS },
      { ready: [1] },
    ],
    [
      "an older one that is replayed behind it opens it for nothing else",
      [progress(1, { seq: 5 }), progress(2, { seq: 3, cause: "replay" })],
      closed,
      { ready: [2], wake: OPENS },
    ],
    ["the newest waits", [progress(1), progress(2)], closed, { superseded: [1], wake: OPENS }],
    ["an end goes at once", [progress(1), end(2)], closed, { superseded: [1], ready: [2] }],
    [
      "another event is not delayed, nor does it overtake",
      [progress(1), row(2)],
      closed,
      { ready: [1] },
    ],
    ["other events go at once", [row(1)], closed, { ready: [1] }],
    [
      "a job of its own has a window of its own",
      [progress(1, { job: "comments/g2" })],
      closed,
      { ready: [1] },
    ],
    ["a replay does not wait for it", [progress(1, { cause: "replay" })], closed, { ready: [1] }],
    [
      "without order, progress waits and the others do not",
      [progress(1), row(2)],
      { ...closed, order: "none" },
      { ready: [2], wake: OPENS },
    ],
    [
      "a probe waits for it too",
      [progress(1)],
      { ...closed, ignoreSchedule: true },
      { wake: OPENS },
    ],
  ])("%s", (_, queue, circumstances, over) => {
    expect(decided(queue, circumstances)).toEqual(expected(over));
  });
});

test.each<[string, readonly QueueRow[], PlanContext, object]>([
  ["all go", [row(1), row(2), row(3)], unordered, { ready: [1, 2, 3] }],
  [
    "beside one under way",
    [row(1), row(2)],
    { ...unordered, underWay: new Set([1]) },
    { ready: [2] },
  ],
  [
    "past an unavailable one",
    [row(1, failing), row(2)],
    unordered,
    { ready: [2], wake: NOW + MINUTE },
  ],
])("without order %s", (_, queue, circumstances, over) => {
  expect(decided(queue, circumstances)).toEqual(expected(over));
});

test.each<[string, readonly QueueRow[], PlanContext, number | null]>([
  ["nothing", [], context(), null],
  ["due now", [row(1)], context(), null],
  ["due later", [row(1, failing)], context(), NOW + MINUTE],
  ["due in a millisecond", [row(1, { due: NOW + 1 })], context(), NOW + 1],
  ["progress in a closed window", [progress(1)], closed, OPENS],
  ["progress due before the window opens", [progress(1, { due: NOW + 1 })], closed, OPENS],
  ["progress due after the window opens", [progress(1, { due: OPENS + 1 })], closed, OPENS + 1],
  ["two that wait", [row(1, failing), row(2, failing)], context(), null],
  ["one under way", [row(1, failing)], busy, null],
  ["one that is held", [row(1, failing)], held, null],
  ["one that a probe takes at once", [row(1, failing)], context({ ignoreSchedule: true }), null],
])("the wait of a single row, where there is no more to decide: %s", (_, queue, given, wait) => {
  expect(waitOfSingleRow(queue, given)).toBe(wait);
});

describe("any job", () => {
  const kinds = fc.constantFrom("progress", "end", "other");
  const rows = fc.array(
    fc.record({
      kind: kinds,
      at: fc.integer({ min: NOW - 5 * SECOND, max: NOW }),
      due: fc.integer({ min: NOW - MINUTE, max: NOW + MINUTE }),
      waiting: fc.constantFrom("fresh", "unavailable", "asked", "refusal"),
      cause: fc.constantFrom("schedule", "schedule", "schedule", "manual", "replay"),
      leased: fc.integer({ min: 0, max: 9 }),
    }),
    { maxLength: 12 },
  );
  const circumstances = fc.record({
    order: fc.constantFrom("job", "none"),
    throttle: fc.constantFrom(0, MINUTE),
    left: fc.integer({ min: NOW - 2 * MINUTE, max: NOW }),
    held: fc.boolean(),
    collapseProgress: fc.boolean(),
    early: fc.boolean(),
  });

  test("loses only old progress, keeps its order, and always looks again", () => {
    fc.assert(
      fc.property(rows, circumstances, (drawn, { left, ...given }) => {
        const queue = drawn.map(({ leased, ...over }, index) =>
          row(index + 1, {
            ...over,
            attempts: leased,
            due: over.waiting === "fresh" ? NOW : over.due,
          }),
        );
        const underWay = new Set(
          drawn.flatMap(({ leased }, index) => (leased === 0 ? [index + 1] : [])).slice(0, 1),
        );
        const decision = planJob(
          queue,
          context({ ...given, underWay, progressSentAt: new Map([["comments/g1", left]]) }),
        );
        const { ready, superseded, inheritedWaits, wake } = decision;
        const stays = (one: QueueRow): boolean => !superseded.includes(one.n);
        const rest = queue.filter(stays);
        const inOrder = given.order === "job";
        const broken: string[] = [];
        const must = (rule: string, holds: boolean): void => void (holds || broken.push(rule));
        for (const gone of queue.filter((one) => !stays(one))) {
          must(
            "only progress of the schedule is superseded",
            gone.kind === "progress" && gone.cause === "schedule",
          );
          must("what is under way is not superseded", !underWay.has(gone.n));
          must(
            "something newer that matters stays",
            rest.some((other) => other.seq > gone.seq && other.kind !== "other"),
          );
        }
        for (const { n, cause } of ready) {
          must(
            "what is under way or superseded is not ready",
            !underWay.has(n) && !superseded.includes(n),
          );
          must(
            "held lets only what is asked for by hand through",
            !given.held || cause === "manual",
          );
          must("nothing leaves beside one under way", !inOrder || underWay.size === 0);
          const before = rest.filter((other) => other.n < n);
          const passed = before.every((other) => other.waiting === "refusal" && other.due > NOW);
          must(
            "nothing overtakes but what was refused",
            !inOrder || given.held || given.early || passed,
          );
          must(
            "what inherits a wait waits",
            given.held || given.early || inheritedWaits.every((wait) => wait.n !== n),
          );
        }
        must("one of a job at a time", !inOrder || ready.length <= 1);
        must(
          "never asleep for good",
          rest.length === 0 || underWay.size > 0 || given.held || ready.length > 0 || wake !== null,
        );
        must("the next look is later", wake === null || wake > NOW);
        expect(broken).toEqual([]);
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("a plan decides about many jobs what is decided about each", () => {
    const drawing = rows.filter((drawn) => drawn.length > 0);
    fc.assert(
      fc.property(
        fc.array(drawing, { maxLength: 4 }),
        circumstances,
        (drawn, { left, ...given }) => {
          let n = 0;
          const queues = drawn.map((queue, job) =>
            queue.map(({ leased, ...over }) => {
              n += 1;
              return row(n, { ...over, attempts: leased, job: `comments/g${job}` });
            }),
          );
          const progressSentAt = new Map([["comments/g0", left]]);
          const about = context({ ...given, underWay: new Set([1, 3]), progressSentAt });
          const each = queues.map((queue) => planJob(queue, about));
          expect(plan(queues, about, 99)).toEqual({
            send: each.flatMap(({ ready }) => ready),
            superseded: each.flatMap(({ superseded }) => superseded),
            inheritedWaits: each.flatMap(({ inheritedWaits }) => inheritedWaits),
            rests: each.map(({ ready, wake }, job) => ({
              job: `comments/g${job}`,
              until: given.order === "job" && ready.length > 0 ? null : wake,
            })),
            wake: null,
          });
        },
      ),
      { numRuns: runs(1_000) },
    );
  });
});
