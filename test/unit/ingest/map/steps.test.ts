// What expressions cost, step by step, and what happens without steps.

import { describe, expect, test } from "vitest";
import { ExpressionFailure, MAX_STEPS, spend } from "../../../../src/ingest/map/budget.ts";
import {
  nullOnFailure,
  type Expression,
  type Scope,
} from "../../../../src/ingest/map/evaluation.ts";
import { compileExpression } from "../../../../src/ingest/map/expression.ts";
import { input, issues, map, NOW, outcomes, report } from "./build.ts";
import type { Json } from "../../../../src/kernel/json.ts";

/** Three steps to read: two for 32 characters, one for the rest. */
const LONG = "x".repeat(33);

const BODY: Json = {
  long: LONG,
  same: LONG,
  short: "y",
  one: 1,
  list: [1, 2, 3],
  other: [1, 2, 4],
  none: [],
  nested: [[1, 2], 3],
  words: [LONG, "b", "a"],
  objects: [{ k: "b" }, { k: "a" }],
  two: { a: 1, b: 2 },
  turned: { b: 2, a: 1 },
  few: { a: 1 },
  holding: { list: [1, 2] },
};

/** The scope of an expression that may take so many steps. */
const scopeOf = (left: number): Scope => ({ root: BODY, headers: {}, query: {}, budget: { left } });

/** What an expression takes of a budget. */
function stepsOf(expression: string): number {
  const scope = scopeOf(MAX_STEPS);
  const compiled = compileExpression(expression);
  if (compiled.ok) compiled.value(BODY, scope);
  return MAX_STEPS - scope.budget.left;
}

describe("the steps", () => {
  // Each node is one step, each element another.
  test.each([
    ["one", 1],
    ["two.a", 3],
    ["missing || one", 3],
    ["missing ? one : list", 3],
    ["`1` + `2`", 3],
    ["-one", 2],
    ["nested[]", 13],
    ["none[]", 3],
    ["list[*]", 8],
    ["list[?@]", 11],
    ["two.*", 22],
    ["[long, short]", 5],
    ["{a: long, b: short, c: short}", 28],
    ["list[1:]", 11],
    ["long[1:]", 38],
  ])("of %s are %i", (expression, steps) => {
    expect(stepsOf(expression)).toBe(steps);
  });

  // Texts of one length are read, lists of one length element by element, objects always.
  test.each([
    ["long == same", 7],
    ["long == short", 4],
    ["list == other", 7],
    ["list == none", 4],
    ["two == turned", 22],
    ["two == few", 20],
    ["two == list", 4],
    ["list == two", 4],
    ["short == [one]", 6],
    ["`1` == long", 4],
  ])("of the comparison %s are %i", (expression, steps) => {
    expect(stepsOf(expression)).toBe(steps);
  });

  test.each([
    ["abs(one)", 2],
    ["sum(list)", 5],
    ["contains(long, short)", 6],
    ["contains(list, `3`)", 9],
    ["contains(list, `1`)", 7],
    ["starts_with(long, short)", 7],
    ["join(short, words)", 10],
    ["join(long, words)", 16],
    ["join(short, none)", 4],
    ["keys(two)", 18],
    ["length(long)", 38],
    ["length(list)", 2],
    ["length(two)", 18],
    ["map(&@, list)", 8],
    ["max(list)", 14],
    ["sort(none)", 2],
    ["sort(words)", 20],
    ["sort_by(objects, &k)", 16],
    ["merge(two, few)", 27],
    ["reverse(long)", 35],
    ["reverse(list)", 5],
    ["to_string(long)", 2],
    ["to_string(words)", 38],
    ["to_string(two)", 23],
    ["to_string(missing)", 2],
    ["to_string([missing])", 15],
    ["split(long, short)", 40],
    ["replace(long, short, same)", 47],
    ["upper(long)", 5],
    ["type(list)", 2],
  ])("of the function %s are %i", (expression, steps) => {
    expect(stepsOf(expression)).toBe(steps);
  });
});

const failing = (error: Error): Expression =>
  nullOnFailure(() => {
    throw error;
  });

/** How long a text is when it is joined to nothing. */
function built(length: number): Json {
  const compiled = compileExpression("join(@, ['', '']) | length(@)");
  return compiled.ok ? compiled.value("x".repeat(length), scopeOf(3_000_000)) : "a mistake";
}

test("a pattern spends what its search takes", () => {
  const scope = scopeOf(MAX_STEPS);
  const of = map({ total: { path: "long", match: "y" } }).values.total;
  expect([of?.(BODY, scope), MAX_STEPS - scope.budget.left]).toEqual([null, 103]);
});

describe("an expression", () => {
  test("has its last step, and none after it", () => {
    const budget = { left: 2 };
    expect(() => spend(budget, 2)).not.toThrow();
    expect(() => spend(budget, 1)).toThrow(ExpressionFailure);
    expect(budget.left).toBe(-1);
  });

  test("is null where it fails, and every other error is one", () => {
    expect(failing(new ExpressionFailure("x"))(BODY, scopeOf(1))).toBeNull();
    expect(() => failing(new TypeError("x"))(BODY, scopeOf(1))).toThrow(TypeError);
  });

  test("may build a text as long as the largest body, and no longer", () => {
    expect([built(1_048_576), built(1_048_577)]).toEqual([1_048_576, null]);
  });
});

/** Doubles a list as often as takes too many steps. */
const DOUBLING = `@${" | [@, @][]".repeat(20)}`;

describe("without steps", () => {
  const body: Json = { event: "job.progress", guid: "g" };

  test("a value is null, and the event is taken all the same", () => {
    const found = report(
      map({ total: DOUBLING, url: "file" }),
      input({ ...body, file: "https://a.example" }),
    );
    expect([found.total, found.url, found.subject]).toEqual([
      null,
      null,
      { kind: "guid", guid: "g" },
    ]);
  });

  test.each([
    ["event", { event: `(${DOUBLING}) && event` }],
    ["guid", { guid: `(${DOUBLING}) && guid` }],
    ["each", { each: DOUBLING }],
  ])("a request is refused, not ignored, when its %s is not found", (path, changes) => {
    expect(issues(map(changes), input(body, { now: NOW }))).toEqual([
      { path, message: "the map takes too many steps on this body" },
    ]);
  });

  /** A body on which `items[*]` takes two steps, and two more for each of so many elements. */
  const listing = (items: number): Json => ({
    ...(body as object),
    items: Array.from({ length: items }, () => 0),
  });

  test("but not when exactly all were taken", () => {
    const all = MAX_STEPS / 2;
    expect(issues(map({ each: "items[*]" }), input(listing(all - 1)))).toEqual([
      { path: "each", message: "lists 149999 events, at most 100 are taken" },
    ]);
    expect(issues(map({ each: "items[*]" }), input(listing(all)))).toEqual([
      { path: "each", message: "the map takes too many steps on this body" },
    ]);
    expect(outcomes(map({ event: "items[*] | missing" }), input(listing(all - 2)))).toEqual([
      { kind: "ignored", reason: "unknown-event: the map names no event for this body" },
    ]);
    const guid = { event: "event || guid", guid: "items[*] | missing" };
    expect(issues(map(guid), input(listing(all - 3)))).toEqual([
      { path: "guid", message: "the map finds no id" },
    ]);
  });
});
