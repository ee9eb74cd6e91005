// What the most expensive maps cost on the largest bodies: steps, and with them time, are bounded.

import { describe, expect, test } from "vitest";
import { MAX_STEPS } from "../../../../src/ingest/map/budget.ts";
import { evaluateMap } from "../../../../src/ingest/map/evaluate.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { cpuTimeOf } from "../../cpu-time.ts";
import { input, map, report } from "./build.ts";

const body = (fields: Readonly<Record<string, Json>>): Json => ({
  event: "job.progress",
  guid: "g",
  ...fields,
});

/** Bodies of about 1 MiB. */
const NUMBERS = body({ items: Array.from({ length: 500_000 }, (_, at) => at % 10) });
const WORDS = body({
  items: Array.from({ length: 120_000 }, (_, at) => `w${(at * 7_919) % 99_991}`),
});
const OBJECTS = body({ items: Array.from({ length: 45_000 }, (_, id) => ({ id, s: `x${id}` })) });
const MEMBERS = body(Object.fromEntries(Array.from({ length: 70_000 }, (_, at) => [`k${at}`, at])));
const TEXT = body({ text: "1%|".repeat(349_000) });

const DOUBLING = `@${" | [@, @][]".repeat(20)}`;

const EXPENSIVE: readonly (readonly [string, Json])[] = [
  ["items[*]", NUMBERS],
  ["sum(items)", NUMBERS],
  ["sort(items)[0]", NUMBERS],
  ["items[][][][] | [0]", NUMBERS],
  [DOUBLING, NUMBERS],
  ["sort(items)[-1]", WORDS],
  ["join('', items)", WORDS],
  ["sort_by(items, &s)[-1].id", OBJECTS],
  ["items[?contains($.items[*].id, id)] | [0].s", OBJECTS],
  ["items[*].{a: $.items[*].id}", OBJECTS],
  ["items[*].to_string($)", OBJECTS],
  ["items[?$ == $]", OBJECTS],
  ["items[*].[@, @, @, @].[@, @, @, @] | length(@)", OBJECTS],
  ["merge($, $, $, $, $).guid", MEMBERS],
  ["values($)[-1]", MEMBERS],
  ["*.to_string(@)", MEMBERS],
  ["text | join(@, [@, @]) | join(@, [@, @]) | length(@)", TEXT],
  ["split(text, '|') | length(@)", TEXT],
  ["replace(text, '1', 'aaaaaaaaaaaaaaaaaaaaaaaa')", TEXT],
  ["reverse(text)", TEXT],
];

/** At most 50 ms alone on a small server, for one expression or for all; test machines are busy. */
const MOST_MILLISECONDS = 1_000;

describe("the most expensive expressions on 1 MiB", () => {
  test.each(EXPENSIVE)("%s ends in time, and its steps are counted", (expression, of) => {
    const budget = { left: MAX_STEPS };
    const compiled = map({ total: expression }).values.total;
    const spent = cpuTimeOf(() => {
      compiled?.(of, { root: of, headers: {}, query: {}, budget });
    });
    expect(spent).toBeLessThan(MOST_MILLISECONDS);
    expect(budget.left).toBeLessThan(MAX_STEPS);
  });

  test("in all fields at once end in time", () => {
    const fields = ["account", "id", "status", "current", "total", "url", "error", "time"];
    const of = map(
      Object.fromEntries(fields.map((field) => [field, "items[*].{a: $.items[*].id}"])),
    );
    const spent = cpuTimeOf(() => {
      evaluateMap(of, input(OBJECTS));
    });
    expect(spent).toBeLessThan(MOST_MILLISECONDS);
  });

  test("what an ordinary map finds is found in the largest bodies", () => {
    const of = map({
      total: "length(items)",
      current: "items[-1].id",
      error: "items[?id == `20000`].s | [0]",
    });
    const failed = { ...(OBJECTS as object), event: "job.failed" } as Json;
    const found = report(of, input(failed));
    expect([found.total, found.current, found.standard.error]).toEqual([45_000, 44_999, "x20000"]);
  });
});
