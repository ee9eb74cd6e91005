// The order of a subscriber's whole queue, and what the breaker lets through.

import { describe, expect, test } from "vitest";
import { EMPTY_PLAN, plan, planBehind } from "../../../../src/deliver/queue/plan.ts";
import { HOUR, MINUTE } from "../../../../src/kernel/time.ts";
import { context, failing, NOW, progress, row } from "./builders.ts";

describe("the whole queue", () => {
  const queues = [
    [row(1, { job: "a", ...failing }), row(2, { job: "a" })],
    [row(3, { job: "b" }), row(4, { job: "b" })],
    [row(5, { job: "c" })],
  ];

  test("takes one of each job that is ready, and says when to look at the others", () => {
    expect(plan(queues, context(), 4)).toEqual({
      send: [queues[1]?.[0], queues[2]?.[0]],
      superseded: [],
      inheritedWaits: [],
      rests: [
        { job: "a", until: NOW + MINUTE },
        { job: "b", until: null },
        { job: "c", until: null },
      ],
      wake: null,
    });
  });

  test("takes no more than there are free slots; the end of an attempt looks again", () => {
    expect(plan(queues, context(), 1)).toEqual({
      send: [queues[1]?.[0]],
      superseded: [],
      inheritedWaits: [],
      rests: [
        { job: "a", until: NOW + MINUTE },
        { job: "b", until: null },
      ],
      wake: null,
    });
  });

  test("passes over a job without rows", () => {
    expect(plan([[], [row(1)]], context(), 4).send.map(({ n }) => n)).toEqual([1]);
  });

  test("does not look at jobs for which no slot is left", () => {
    const old = { job: "b", at: NOW - HOUR };
    const waiting = [[row(1, { job: "a" })], [progress(2, old), progress(3, old)]];
    expect(plan(waiting, context(), 1)).toMatchObject({
      superseded: [],
      rests: [{ job: "a", until: null }],
    });
    expect(plan(waiting, context(), 2)).toMatchObject({ superseded: [2] });
  });

  test("lets a job not rest of which more is ready than slots are free", () => {
    const unordered = context({ order: "none" });
    const { send, rests } = plan([[row(1), row(2), row(3)]], unordered, 2);
    expect([send.map(({ n }) => n), rests]).toEqual([[1, 2], []]);
    expect(plan([[row(1), row(2), row(3)]], unordered, 3).rests).toEqual([
      { job: "comments/g1", until: null },
    ]);
  });

  test("that is not looked at changes nothing", () => {
    expect(EMPTY_PLAN).toEqual({
      send: [],
      superseded: [],
      inheritedWaits: [],
      rests: [],
      wake: null,
    });
  });

  test("behind an open gate lets every job that is awake leave, and keeps bursts whole", () => {
    const waiting = [
      [row(1, { job: "a" })],
      [progress(2, { job: "b" }), progress(3, { job: "b" })],
    ];
    expect(
      planBehind({ kind: "open" }, { all: () => [], awake: () => waiting }, context(), 4),
    ).toEqual({
      send: [waiting[0]?.[0], waiting[1]?.[0]],
      superseded: [],
      inheritedWaits: [],
      rests: [
        { job: "a", until: null },
        { job: "b", until: null },
      ],
      wake: null,
    });
  });

  test("behind an open gate lets nothing leave before it is due", () => {
    const waiting = [[row(1, failing), row(2)]];
    expect(
      planBehind({ kind: "open" }, { all: () => [], awake: () => waiting }, context(), 4).send,
    ).toEqual([]);
  });

  test("looks only at changed jobs behind a shut gate", () => {
    const changed = [[progress(6), progress(7)]];
    expect(
      planBehind(
        { kind: "shut", until: NOW + HOUR },
        { all: () => queues, awake: () => changed },
        context(),
        4,
      ),
    ).toEqual({
      send: [],
      superseded: [6],
      inheritedWaits: [],
      rests: [{ job: "comments/g1", until: null }],
      wake: NOW + HOUR,
    });
  });

  test("lets a probe send one, and keeps only the newest progress of the rest", () => {
    const waiting = [
      [row(1, { job: "a" })],
      [progress(2, { job: "b" }), progress(3, { job: "b" })],
    ];
    const { send, superseded } = planBehind(
      { kind: "probe" },
      { all: () => waiting.values(), awake: () => [] },
      context(),
      4,
    );
    expect([send.map(({ n }) => n), superseded]).toEqual([[1], [2]]);
  });

  test("takes a delivery that is due as probe", () => {
    expect(
      planBehind({ kind: "probe" }, { all: () => queues, awake: () => [] }, context(), 4).send.map(
        ({ n }) => n,
      ),
    ).toEqual([3]);
  });

  test("takes the first delivery as probe when none is due", () => {
    const waiting = [[row(1, { job: "a", ...failing })], [row(2, { job: "b", ...failing })]];
    expect(
      planBehind(
        { kind: "probe" },
        { all: () => waiting.values(), awake: () => [] },
        context(),
        4,
      ).send.map(({ n }) => n),
    ).toEqual([1]);
  });
});
