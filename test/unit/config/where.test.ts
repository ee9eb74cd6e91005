// Filters of rules: what they may say, and what they let through.

import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { parseBody } from "../../../src/kernel/json.ts";
import { compileWhere } from "../../../src/config/where.ts";

const nested = (levels: number): object =>
  levels === 0 ? { a: 1 } : { $and: [nested(levels - 1)] };

describe("a filter that is refused", () => {
  test.each([
    [[], "W: must be a table"],
    [{ $where: "1" }, "W.$where: is not allowed, it runs code"],
    [{ a: { $where: "1" } }, "W.a.$where: is not allowed, it runs code"],
    [{ a: { $not: { $where: "1" } } }, "W.a.$not.$where: is not allowed, it runs code"],
    [{ a: { $elemMatch: { $where: "1" } } }, "W.a.$elemMatch.$where: is not allowed, it runs code"],
    [{ $or: [{ a: 1 }, { $where: "1" }] }, "W.$or[1].$where: is not allowed, it runs code"],
    [{ a: { $where: () => true } }, "W.a.$where: is not allowed, it runs code"],
    [{ a: () => true }, "W.a: must be text, a number, true, false, null, a list or a table"],
    [
      { a: { b: { $gt: 1 } } },
      'W.a.b.$gt: operators of a nested field need a dot path, as in "details.skipRate"',
    ],
    [
      { a: { $eq: { $where: "1" } } },
      'W.a.$eq.$where: operators of a nested field need a dot path, as in "details.skipRate"',
    ],
    [
      { a: { $in: [{ $gt: 1 }] } },
      'W.a.$in[0].$gt: operators of a nested field need a dot path, as in "details.skipRate"',
    ],
    [{ a: { $gt: 1, b: 2 } }, "W.a.b: operators and fields do not mix"],
    [{ $gt: 5 }, "W.$gt: stands inside a field only"],
    [{ a: { $or: [{ $gt: 1 }] } }, "W.a.$or: stands outside of fields only"],
    [{ $or: [] }, "W.$or: must be a list of filters that is not empty"],
    [{ $and: {} }, "W.$and: must be a list of filters that is not empty"],
    [{ $nor: [5] }, "W.$nor[0]: must be a table"],
    [{ a: { $toString: 1 } }, 'W.a.$toString: unknown operator "$toString"'],
    [{ a: { $gt: true } }, "W.a.$gt: must be a number or text"],
    [{ a: { $in: 5 } }, "W.a.$in: must be a list"],
    [{ a: { $all: [] } }, "W.a.$all: must be a list of plain values that is not empty"],
    [{ a: { $all: [{ b: 1 }] } }, "W.a.$all: must be a list of plain values that is not empty"],
    [{ a: { $exists: 1 } }, "W.a.$exists: must be true or false"],
    [{ a: { $size: 1.5 } }, "W.a.$size: must be a whole number"],
    [{ a: { $mod: 5 } }, "W.a.$mod: must be a list of a divisor and a remainder"],
    [{ a: { $mod: [0, 1] } }, "W.a.$mod: must be a list of a divisor and a remainder"],
    [{ a: { $type: "strin" } }, "W.a.$type: must be one of number, string, bool, array, null"],
    [{ a: { $regex: "(" } }, "W.a.$regex: has a group that is not closed, at character 2"],
    [{ a: { $regex: "x".repeat(257) } }, "W.a.$regex: must have at most 256 characters"],
    [{ a: { $regex: 5 } }, "W.a.$regex: must be a pattern"],
    [{ a: { $regex: "" } }, "W.a.$regex: is empty"],
    [
      { a: { $regex: "^(?!x)" } },
      "W.a.$regex: uses lookaround or a named group, which are not available, at character 2",
    ],
    [
      { a: { $regex: "(a)\\1" } },
      "W.a.$regex: refers back to a group, which is not available, at character 4",
    ],
    [{ a: { $regex: "x", $options: "g" } }, "W.a.$options: must be any of i, m, s, u"],
    [{ a: { $options: "i" } }, "W.a.$options: needs $regex beside it"],
    [{ a: Number.NaN }, "W.a: must be text, a number, true, false, null, a list or a table"],
    [{ a: new Date(0) }, "W.a: must be text, a number, true, false, null, a list or a table"],
    [{ a: /x/ }, "W.a: must be text, a number, true, false, null, a list or a table"],
    [{ constructor: "x" }, "W.constructor: is no field of an event"],
    [JSON.parse('{"__proto__":{"a":1}}'), "W.__proto__: is no field of an event"],
    [nested(16), `W${".$and[0]".repeat(16)}: is nested deeper than 16 levels`],
  ])("%j", (where: unknown, expected) => {
    const compiled = compileWhere(where, "W");
    expect(
      compiled.ok ? [] : compiled.fault.map((problem) => `${problem.path}: ${problem.message}`),
    ).toEqual([expected]);
  });

  test("all of its problems are named", () => {
    const compiled = compileWhere({ a: { $gtt: 1 }, $or: [{ b: { $in: 1 } }, 5] }, "W");
    expect(compiled).toEqual({
      ok: false,
      fault: [
        { path: "W.a.$gtt", message: 'unknown operator "$gtt"' },
        { path: "W.$or[0].b.$in", message: "must be a list" },
        { path: "W.$or[1]", message: "must be a table" },
      ],
    });
  });
});

describe("a filter that is taken", () => {
  const event = {
    event: "job.finished",
    guid: "g-1",
    total: 1_500,
    details: {
      skipRate: 0.2,
      platform: "YouTube",
      tags: ["a", "b"],
      rows: [{ n: 1 }, { n: 7 }],
      error: null,
      nested: { deep: true },
    },
  };

  test.each([
    [{}, true],
    [{ "details.skipRate": { $gt: 0.1 } }, true],
    [{ "details.skipRate": { $gt: 0.2 } }, false],
    [{ "details.skipRate": { $gte: 0.2, $lt: 1 } }, true],
    [{ "details.skipRate": { $gt: "0.1" } }, false],
    [{ event: "job.finished", "details.nested.deep": true }, true],
    [{ "details.nested": { deep: true } }, true],
    [{ "details.tags": "b" }, true],
    [{ "details.tags": ["a", "b"] }, true],
    [{ "details.tags": { $all: ["a", "c"] } }, false],
    [{ "details.tags": { $size: 2 } }, true],
    [{ "details.rows.n": { $gt: 5 } }, true],
    [{ "details.rows": { $elemMatch: { n: { $gt: 5 } } } }, true],
    [{ "details.tags": { $elemMatch: { $in: ["b"] } } }, true],
    [{ "details.platform": { $regex: "^you", $options: "i" } }, true],
    [{ "details.platform": { $regex: "^you" } }, false],
    [{ "details.platform": { $in: ["YouTube", null] } }, true],
    [{ "details.platform": { $nin: ["YouTube"] } }, false],
    [{ "details.platform": { $not: { $regex: "x$" } } }, true],
    [{ "details.missing": { $exists: false } }, true],
    [{ "details.toString": { $exists: true } }, false],
    [{ "details.error": null }, true],
    [{ total: { $mod: [500, 0] } }, true],
    [{ total: { $type: "number" } }, true],
    [{ $or: [{ guid: "x" }, { guid: "g-1" }] }, true],
    [{ $nor: [{ guid: "g-1" }] }, false],
    [{ $and: [{ guid: "g-1" }, { total: { $ne: 1 } }] }, true],
    [nested(15), false],
  ])("%j on an event is %j", (where: unknown, expected) => {
    const compiled = compileWhere(where, "W");
    expect(compiled.ok && compiled.value(event)).toBe(expected);
  });

  test("tables without a prototype filter like others", () => {
    const where: unknown = Object.assign(Object.create(null), {
      total: Object.assign(Object.create(null), { $gt: 1_000 }),
    });
    const compiled = compileWhere(where, "W");
    expect(compiled.ok && [compiled.value(event), compiled.value({ total: 1 })]).toEqual([
      true,
      false,
    ]);
  });

  test.each([
    ["(a+)+$", "a"],
    ["(a|a)*$", "a"],
    ["(.*)*x", "a"],
    ["a*a*a*a*b", "a"],
    ["(\\w+\\s?)+!", "a "],
  ])("the pattern %s answers on a hostile text, in a list as well", (pattern, piece) => {
    const compiled = compileWhere({ "details.error": { $regex: pattern } }, "W");
    const error = `${piece.repeat(200_000)}?`;
    expect(compiled.ok && compiled.value({ details: { error } })).toBe(false);
    expect(compiled.ok && compiled.value({ details: { error: [error, "ax!", "ab"] } })).toBeTypeOf(
      "boolean",
    );
  });

  test.each([
    ["1500.0", { $gt: 1_000 }],
    ["1.5E3", 1_500],
    ["7301122334455667788", { $gt: 7_301_122_334_455_000_000 }],
    ["1e400", { $gt: 5 }],
    ["-0", 0],
  ])("the number %s is compared by its value with %j", (number, condition) => {
    const compiled = compileWhere({ "details.rows.n": condition }, "W");
    const body = parseBody(utf8(`{"details":{"rows":[{"n":${number}}]}}`));
    expect(compiled.ok && body.ok && compiled.value(body.value)).toBe(true);
  });

  test("an answer does not depend on the event before", () => {
    const compiled = compileWhere({ "details.tags": { $ne: "a" }, total: { $gt: 1 } }, "W");
    if (!compiled.ok) throw new Error("refused");
    const answers = [
      { total: 2, details: {} },
      event,
      { total: 2, details: {} },
      null,
      { total: 2 },
    ].map((each) => compiled.value(each));
    expect(answers).toEqual([true, false, true, false, true]);
  });
});
