// The order of a subscriber's whole queue, and what the breaker lets through.

import { describe, expect, test } from "vitest";
import { plan, planBehind } from "../../../../src/deliver/queue/plan.ts";
import { HOUR, MINUTE } from "../../../../src/kernel/time.ts";
import { context, failing, NOW, progress, row } from "./builders.ts";

describe("the whole queue", () => {
  const lines = [
    [row(1, { job: "a", ...failing }), row(2, { job: "a" })],
    [row(3, { job: "b" }), row(4, { job: "b" })],
    [row(5, { job: "c" })],
  ];

  test("takes one of each job that is ready, and says when to look again", () => {
    expect(plan(lines, context(), 4)).toEqual({
      send: [lines[1]?.[0], lines[2]?.[0]],
      superseded: [],
      inheritedWaits: [],
      wake: NOW + MINUTE,
    });
  });

  test("takes no more than there is room for; then what is under way looks again", () => {
    expect(plan(lines, context(), 1)).toEqual({
      send: [lines[1]?.[0]],
      superseded: [],
      inheritedWaits: [],
      wake: null,
    });
  });

  test("behind a shut gate only changed lines are looked at", () => {
    const touched = [[progress(6), progress(7)]];
    expect(
      planBehind(
        { kind: "shut", until: NOW + HOUR },
        { all: () => lines, changed: () => touched },
        context(),
        4,
      ),
    ).toEqual({
      send: [],
      superseded: [6],
      inheritedWaits: [],
      wake: NOW + HOUR,
    });
  });

  test("a probe lets one go and keeps of the rest what is newest", () => {
    const waiting = [
      [row(1, { job: "a" })],
      [progress(2, { job: "b" }), progress(3, { job: "b" })],
    ];
    const { send, superseded } = planBehind(
      { kind: "probe" },
      { all: () => waiting.values(), changed: () => [] },
      context(),
      4,
    );
    expect([send.map(({ n }) => n), superseded]).toEqual([[1], [2]]);
  });

  test("a probe is one that is due", () => {
    expect(
      planBehind({ kind: "probe" }, { all: () => lines, changed: () => [] }, context(), 4).send.map(
        ({ n }) => n,
      ),
    ).toEqual([3]);
  });

  test("a probe is the first of all when none is due", () => {
    const waiting = [[row(1, { job: "a", ...failing })], [row(2, { job: "b", ...failing })]];
    expect(
      planBehind(
        { kind: "probe" },
        { all: () => waiting.values(), changed: () => [] },
        context(),
        4,
      ).send.map(({ n }) => n),
    ).toEqual([1]);
  });
});
