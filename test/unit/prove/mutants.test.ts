// What a run of Stryker came to: the share that was found, and what survived where.

import { describe, expect, test } from "vitest";
import { EXPLAINED } from "../../mutants/explained.ts";
import {
  explanationOf,
  onlyOf,
  outcomeOf,
  percentFound,
  placesToTry,
  withLater,
} from "../../mutants/report.ts";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..", "..");

const mutant = (
  status: string,
  from: readonly [number, number],
  to: readonly [number, number],
) => ({
  mutatorName: "ConditionalExpression",
  status,
  replacement: "true",
  location: {
    start: { line: from[0], column: from[1] },
    end: { line: to[0], column: to[1] },
  },
});

const REPORT = {
  files: {
    "src/a.ts": {
      source: "one\n  if (a ||\n    b) c();\n",
      mutants: [
        mutant("Killed", [1, 1], [1, 4]),
        mutant("Timeout", [1, 1], [1, 4]),
        mutant("CompileError", [1, 1], [1, 4]),
        mutant("Survived", [2, 7], [3, 6]),
        mutant("NoCoverage", [3, 8], [3, 12]),
      ],
    },
  },
};

describe("a report", () => {
  test("counts what was found, what ran without an end, and what survived or was never run", () => {
    const { found, endless, all } = outcomeOf(REPORT);
    expect([found, endless, all]).toEqual([2, 1, 4]);
  });

  test("shows each survivor on one line, and the place where it can be tried again", () => {
    expect(outcomeOf(REPORT).survivors).toEqual([
      {
        file: "src/a.ts",
        line: 2,
        code: "if (a ||",
        from: "a || b",
        to: "true",
        range: "src/a.ts:2:6-3:5",
      },
      {
        file: "src/a.ts",
        line: 3,
        code: "b) c();",
        from: "c();",
        to: "true",
        range: "src/a.ts:3:7-3:11",
      },
    ]);
  });

  test.each([
    [1_799, 2_000, 89.9],
    [1_800, 2_000, 90],
    [9, 9, 100],
    [0, 0, 0],
  ])("of %d of %d is never rounded up", (found, all, percent) => {
    expect(percentFound({ found, all, endless: 0, survivors: [] })).toBe(percent);
  });

  test("is explained by line, and by change where a line has others", () => {
    const [one, other] = outcomeOf(REPORT).survivors;
    const explained = { file: "src/a.ts", code: "if (a ||", why: "speed alone" };
    expect(one && explanationOf(one, [explained])).toBe(explained);
    expect(other && explanationOf(other, [explained])).toBe(undefined);
    expect(one && explanationOf(one, [{ ...explained, to: ["false"] }])).toBe(undefined);
  });
});

describe("a run that tries again", () => {
  const { source } = REPORT.files["src/a.ts"];

  test("goes to the places of survivors, and to files that are new or have changed", () => {
    expect(placesToTry(REPORT, { "src/a.ts": source, "src/new.ts": "x" })).toEqual([
      "src/a.ts:2:6-3:5",
      "src/a.ts:3:7-3:11",
      "src/new.ts",
    ]);
    expect(placesToTry(REPORT, { "src/a.ts": "changed" })).toEqual(["src/a.ts"]);
  });

  test("keeps what was found before, and takes what is found now", () => {
    const mutants = [mutant("Killed", [2, 7], [3, 6])];
    const later = withLater(REPORT, { files: { "src/a.ts": { source, mutants } } });
    const { found, all, survivors } = outcomeOf(later);
    expect([found, all, survivors.map(({ code }) => code)]).toEqual([3, 4, ["b) c();"]]);
  });

  test("forgets what was known of a file that has changed or is gone", () => {
    const mutants = [mutant("Survived", [1, 1], [1, 5])];
    const later = withLater(REPORT, { files: { "src/a.ts": { source: "c();", mutants } } });
    expect(outcomeOf(later)).toMatchObject({ found: 0, all: 1 });
    expect(onlyOf(REPORT, { "src/new.ts": "x" })).toEqual({ files: {} });
  });
});

const linesOf = (file: string): readonly string[] =>
  existsSync(join(ROOT, file))
    ? readFileSync(join(ROOT, file), "utf8")
        .split("\n")
        .map((line) => line.trim())
    : [];

test("every explanation is about a line that there is", () => {
  expect(EXPLAINED.filter(({ file, code }) => !linesOf(file).includes(code))).toEqual([]);
});
