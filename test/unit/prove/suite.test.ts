// What stands in for vitest while mutants are tried collects the same tests.

import { expect, test } from "vitest";
import * as suite from "../../mutants/suite.ts";

test("tests are collected with their names, their rows and the steps around them", async () => {
  const calls: unknown[] = [];
  const tests = await suite.testsOf("a.test.ts", async () => {
    suite.beforeEach(() => calls.push("before"));
    suite.test("one", () => calls.push("one"));
    suite.describe("group", () => {
      suite.afterEach(() => calls.push("after"));
      suite.test.each([
        [1, 2],
        [3, 4],
      ])("pairs", { timeout: 5 }, (left: number, right: number) => calls.push([left, right]));
      suite.test.each([[5], 6])("values", (value: unknown) => calls.push(value));
    });
    suite.describe.each(["x"])("of %s", (name: string) => {
      suite.test("last", () => calls.push(name));
    });
  });
  expect(tests.map(({ name }) => name)).toEqual([
    "a.test.ts > one",
    "a.test.ts > group > pairs",
    "a.test.ts > group > pairs",
    "a.test.ts > group > values",
    "a.test.ts > group > values",
    "a.test.ts > of %s > last",
  ]);
  expect(tests.map(({ before, after }) => [before.length, after.length])).toEqual([
    [1, 0],
    [1, 1],
    [1, 1],
    [1, 1],
    [1, 1],
    [1, 0],
  ]);
  for (const { run } of tests) run();
  expect(calls).toEqual(["one", [1, 2], [3, 4], [5], 6, "x"]);
  expect([suite.expect, typeof suite.vi.fn]).toEqual([expect, "function"]);
});
