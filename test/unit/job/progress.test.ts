// What of progress is newer, what goes back, and which numbers an end shows.

import { describe, expect, test } from "vitest";
import {
  goesBack,
  isUnchanged,
  latestNumbers,
  progressAfter,
  repeatsShown,
  withNumbers,
} from "../../../src/job/progress.ts";
import { anUpdate, job, progress } from "./builders.ts";

const of = (current: number | null, total: number | null, details = {}) =>
  progressAfter(null, anUpdate({ current, total, details }));

const print = (details: Record<string, number>): string => of(1, 1, details).details;

describe("progress", () => {
  test("keeps the numbers that an update does not give", () => {
    const { details } = of(null, null);
    expect(of(null, null)).toEqual({ current: null, total: null, details });
    expect(progressAfter(of(7, 90), anUpdate())).toEqual({ current: 7, total: 90, details });
    expect(progressAfter(of(7, 90), anUpdate({ current: 8, total: 91 }))).toEqual({
      current: 8,
      total: 91,
      details,
    });
  });

  test("has the same print of details in any order of members, and another for other values", () => {
    expect(print({ a: 1, b: 2 })).toBe(print({ b: 2, a: 1 }));
    expect(print({ a: 1 })).not.toBe(print({ a: 2 }));
  });

  test.each([
    ["fewer than before", 7, 6, true],
    ["as many", 7, 7, false],
    ["more", 7, 8, false],
    ["nothing, after a number", 7, null, false],
    ["the first number", null, 3, false],
  ])("goes back with %s", (_, before, current, back) => {
    expect(goesBack(of(before, null), anUpdate({ current }))).toBe(back);
  });

  test.each([
    ["the same", { current: 7, total: 90 }, true],
    ["no numbers", {}, true],
    ["another number", { current: 8, total: 90 }, false],
    ["another total", { current: 7, total: 91 }, false],
    ["other details", { current: 7, total: 90, details: { phase: 2 } }, false],
  ])("is unchanged by an update with %s", (_, fields, unchanged) => {
    expect(isUnchanged(of(7, 90), anUpdate(fields))).toBe(unchanged);
  });

  test.each([
    ["what was shown", { current: 7, total: 90 }, true],
    ["another number", { current: 8, total: 90 }, false],
    ["another total", { current: 7, total: 91 }, false],
    ["other details", { current: 7, total: 90, details: { phase: 2 } }, false],
  ])("repeats, beside a value that waits, %s", (_, fields, repeats) => {
    const state = job({ progress: of(9, 90), shownProgress: of(7, 90) });
    expect(repeatsShown(state, anUpdate(fields))).toBe(repeats);
  });

  test("repeats nothing where none was shown", () => {
    expect(repeatsShown(job({ progress: of(7, 90) }), progress(7))).toBe(false);
  });
});

describe("the newest numbers", () => {
  test("are those of progress, else those of the last event", () => {
    const numbers = { current: 3, total: 4 };
    expect(latestNumbers(job(numbers), [])).toEqual(numbers);
    expect(latestNumbers(job({ ...numbers, progress: of(7, 90) }), [])).toEqual({
      current: 7,
      total: 90,
    });
  });

  test.each([
    [["totalExported"], { current: null, total: 90 }],
    [["total"], { current: 7, total: null }],
    [["other"], { current: 7, total: 90 }],
  ])("leave out what the source redacts: %j", (redact, numbers) => {
    expect(latestNumbers(job({ progress: of(7, 90) }), redact)).toEqual(numbers);
  });
});

describe("an end", () => {
  const latest = { current: 7, total: 90 };

  test("shows its own numbers, else the newest", () => {
    expect(withNumbers(anUpdate(), latest, [])).toMatchObject({
      ...latest,
      details: { totalExported: 7, total: 90 },
    });
    expect(withNumbers(anUpdate({ current: 8, total: 91 }), latest, [])).toMatchObject({
      current: 8,
      total: 91,
      details: { totalExported: 8, total: 91 },
    });
  });

  test("adds no number to its details that nobody gave, that it has, or that is redacted", () => {
    expect(withNumbers(anUpdate(), null, [])).toMatchObject({ current: null, details: {} });
    expect(withNumbers(anUpdate(), null, []).details).toEqual({});
    expect(withNumbers(anUpdate({ details: { total: 5 } }), latest, []).details).toEqual({
      total: 5,
      totalExported: 7,
    });
    expect(withNumbers(anUpdate(), latest, ["total"]).details).toEqual({ totalExported: 7 });
  });
});
