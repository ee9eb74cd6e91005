// What expressions find, against tables and against the parser's own interpreter.

import { search, type JSONValue } from "@jmespath-community/jmespath";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExpression } from "../../../../src/ingest/map/expression.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { find } from "./build.ts";
import { runs } from "../../runs.ts";

const BODY: Json = {
  a: { b: [1, 2, 3, 4], c: null, "d e": "x" },
  list: [
    { id: 2, name: "two", tags: ["x", "y"] },
    { id: 10, name: "ten", tags: [] },
    { id: 9, name: "nine" },
  ],
  text: "Grüße 👋",
  empty: { text: "", list: [], object: {} },
  yes: true,
  no: false,
  zero: 0,
};

describe("what expressions find", () => {
  test.each<[string, Json]>([
    ["a.b[0]", 1],
    ["a.b[-1]", 4],
    ["a.b[9]", null],
    ['a."d e"', "x"],
    ["a.missing.deeper", null],
    ["a.b[1:3]", [2, 3]],
    ["a.b[::-1]", [4, 3, 2, 1]],
    ["text[:5]", "Grüße"],
    ["text[-1:]", "👋"],
    ["list[*].id", [2, 10, 9]],
    ["list[].tags[]", ["x", "y"]],
    ["list[?id > `5`].name | [0]", "ten"],
    ["list[?tags && contains(tags, 'y')].id", [2]],
    ["a.*", [[1, 2, 3, 4], "x"]],
    ["a.[b[0], c]", [1, null]],
    ["a.{first: b[0], last: b[-1]}", { first: 1, last: 4 }],
    ["c || a.c || 'none'", "none"],
    ["empty.text || empty.list || empty.object || 'none'", "none"],
    ["zero || 'none'", 0],
    ["yes && 'told'", "told"],
    ["no && 'told'", false],
    ["!(empty.list)", true],
    ["yes ? 'y' : 'n'", "y"],
    ["a.b == `[1,2,3,4]`", true],
    ["a == a && a != list", true],
    ["a.b[0] + a.b[1] * a.b[2]", 7],
    ["missing.[a, b]", null],
    ["a && 'told'", "told"],
    ["!a", false],
    ["list[1:].id", [10, 9]],
    ["text[*]", null],
    ["list[0].tags[0][*]", null],
    ["@.zero", 0],
    ["list[*].{id: id, all: $.zero}", [2, 10, 9].map((id) => ({ id, all: 0 }))],
  ])("%s", (expression, expected) => {
    expect(find(expression, BODY)).toEqual(expected);
  });

  test.each<[string, Json]>([
    ["abs(`-3`)", 3],
    ["ceil(`1.2`)", 2],
    ["floor(`1.8`)", 1],
    ["avg(a.b)", 2.5],
    ["avg(empty.list)", null],
    ["sum(a.b)", 10],
    ["contains(text, 'üß')", true],
    ["contains(a.b, `3`)", true],
    ["contains(text, 'x')", false],
    ["contains('a1', `1`)", false],
    ["starts_with(text, 'Gr')", true],
    ["ends_with(text, 'Gr')", false],
    ["join('-', list[*].name)", "two-ten-nine"],
    ["join('-', [text, zero])", null],
    ["keys(empty)", ["text", "list", "object"]],
    ["length(values(a))", 3],
    ["length(text)", 7],
    ["map(&name, list)", ["two", "ten", "nine"]],
    ["max(list[*].id)", 10],
    ["min(list[*].name)", "nine"],
    ["max(empty.list)", null],
    ["sort(list[*].id)", [2, 9, 10]],
    ["sort(list[*].name)", ["nine", "ten", "two"]],
    ["sort([`1`, 'a'])", null],
    ["sort(['b', 'a', 'c'])", ["a", "b", "c"]],
    ["sort(['a', 'b', 'c'])", ["a", "b", "c"]],
    ["max_by(list, &id).name", "ten"],
    ["min_by(list, &name).id", 9],
    ["sort_by(list, &id)[*].id", [2, 9, 10]],
    ["sort_by(list, &tags)", null],
    ["sort_by(list, &`1`)[*].id", [2, 10, 9]],
    ["sort_by(list, &'x')[*].id", [2, 10, 9]],
    ['merge(a, `{"b":1}`).b', 1],
    ["not_null(a.c, missing, zero)", 0],
    ["reverse(a.b)", [4, 3, 2, 1]],
    ["reverse('ab👋')", "👋ba"],
    ["to_array(zero)", [0]],
    ["to_number('1.50')", 1.5],
    ["to_number('')", null],
    ["to_number(' ')", null],
    ["to_number(zero)", 0],
    ["to_number(yes)", null],
    ["to_number(a)", null],
    ["to_string('a')", "a"],
    ["to_string(['a'])", '["a"]'],
    ["to_string(a.b)", "[1,2,3,4]"],
    ["to_string(yes)", "true"],
    ["type(a.c)", "null"],
    ["type(list)", "array"],
    ["upper(lower(text))", "GRÜSSE 👋"],
    ["lower('Ab')", "ab"],
    ["trim(' a ')", "a"],
    ["split('a/b/c', '/')[1]", "b"],
    ["split('abc', '')", null],
    ["replace('a.b.c', '.', '-')", "a-b-c"],
  ])("%s", (expression, expected) => {
    expect(find(expression, BODY)).toEqual(expected);
  });

  test.each<[string, Json]>([
    ["`1` < `1`", false],
    ["`1` < `2`", true],
    ["`2` < `1`", false],
    ["`1` <= `1`", true],
    ["`1` <= `2`", true],
    ["`2` <= `1`", false],
    ["`1` > `1`", false],
    ["`1` > `2`", false],
    ["`2` > `1`", true],
    ["`1` >= `1`", true],
    ["`1` >= `2`", false],
    ["`2` >= `1`", true],
    ["'b' > 'a'", null],
    ["'b' > `1`", null],
    ["`-1` < missing", null],
    ["missing < `1`", null],
  ])("the order %s is %j", (expression, expected) => {
    expect(find(expression, BODY)).toBe(expected);
  });

  test.each<[string, Json]>([
    ["'a' == 'a'", true],
    ["'a' == 'b'", false],
    ["'a' == `1`", false],
    ["`1` == 'a'", false],
    ["`[1,2]` == `[1,2]`", true],
    ["`[1,2]` == `[1,3]`", false],
    ["`[1,2]` == `[3,2]`", false],
    ["`[1,2]` == `[1]`", false],
    ["`[1]` == `[1,2]`", false],
    ['`[1]` == `{"length":1,"0":1}`', false],
    ['`{"length":1,"0":1}` == `[1]`', false],
    ['`{"a":1,"b":2}` == `{"b":2,"a":1}`', true],
    ['`{"a":1}` == `{"a":1,"b":2}`', false],
    ['`{"a":1,"b":2}` == `{"a":1}`', false],
    ['`{"a":1,"b":null}` == `{"a":1,"c":null}`', false],
    ['`{"a":1,"b":2}` == `{"a":1,"b":3}`', false],
    ["`{}` == `1`", false],
    ["`1` == `{}`", false],
    ["`{}` == `null`", false],
    ["`null` == `{}`", false],
  ])("the equality %s is %j", (expression, expected) => {
    expect(find(expression, BODY)).toBe(expected);
  });

  test.each<[string, Json]>([
    ["`5` + `2`", 7],
    ["`5` - `2`", 3],
    ["`5` * `2`", 10],
    ["`5` × `2`", 10],
    ["`5` / `2`", 2.5],
    ["`5` ÷ `2`", 2.5],
    ["`5` % `2`", 1],
    ["`5` // `2`", 2],
    ["`-5` // `2`", -3],
    ["a.b[3] / `0`", null],
    ["'a' + `1`", null],
    ["`1` + 'a'", null],
    ["-a.b[1]", -2],
    ["+a.b[1]", 2],
    ["-text", null],
  ])("the calculation %s gives %j", (expression, expected) => {
    expect(find(expression, BODY)).toBe(expected);
  });

  test.each<[string, Json]>([
    ["a.b[:]", [1, 2, 3, 4]],
    ["a.b[:0]", []],
    ["a.b[:9]", [1, 2, 3, 4]],
    ["a.b[9:]", []],
    ["a.b[-9:]", [1, 2, 3, 4]],
    ["a.b[:-9]", []],
    ["a.b[-2:]", [3, 4]],
    ["a.b[:-1]", [1, 2, 3]],
    ["a.b[0:4:3]", [1, 4]],
    ["a.b[::-2]", [4, 2]],
    ["a.b[2:0:-1]", [3, 2]],
    ["a.b[4:0:-1]", [4, 3, 2]],
    ["a.b[9::-1]", [4, 3, 2, 1]],
    ["a.b[-9::-1]", []],
    ["a.b[:-9:-1]", [4, 3, 2, 1]],
    ["a.b[:9:-1]", []],
    ["a.b[-1:0:-1]", [4, 3, 2]],
    ["a.b[::0]", null],
    ["empty.list[::-1]", []],
  ])("the slice %s is %j", (expression, expected) => {
    expect(find(expression, BODY)).toEqual(expected);
  });

  test("to_string(null) is null and no text", () => {
    expect(find("to_string(missing)", BODY)).toBeNull();
  });

  test("headers and query are there everywhere, whatever the body says", () => {
    const body: Json = { $headers: { "x-id": "forged" }, list: [{}] };
    expect(find('"$headers"."x-id"', body)).toBe("h1");
    expect(find('list[0]."$query".job', body)).toBe("q1");
    expect(find('"$headers"."x-id"', "text")).toBe("h1");
  });

  test.each(["constructor", "toString", '"__proto__"', '"hasOwnProperty"', "a.constructor.name"])(
    "%s is no member of a body",
    (expression) => {
      expect(find(expression, BODY)).toBeNull();
    },
  );

  test("a member called __proto__ stays an ordinary one", () => {
    const found = find('{"__proto__": a.b}', BODY) as object;
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  });
});

const name = fc.constantFrom("a", "b", "c");
const literal = fc.constantFrom("`1`", "`null`", "`true`", "`[1,[2]]`", "'x'", "''", '`{"a":1}`');

/** Expressions of the standard, whose meaning both interpreters share. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const e = tie("expression");
  const pairs = (form: (left: string, right: string) => string): fc.Arbitrary<string> =>
    fc.tuple(e, e).map(([left, right]) => form(left, right));
  const forms = [
    name,
    literal,
    fc.tuple(e, name).map(([left, field]) => `(${left}).${field}`),
    fc.tuple(e, fc.integer({ min: -3, max: 3 })).map(([left, at]) => `(${left})[${at}]`),
    fc.tuple(e, name).map(([left, field]) => `(${left})[*].${field}`),
    fc.tuple(e, name).map(([left, field]) => `(${left}).*.${field}`),
    e.map((child) => `(${child})[]`),
    e.map((child) => `(${child})[1:]`),
    e.map((child) => `(${child})[::-1]`),
    e.map((child) => `!(${child})`),
    e.map((child) => `type(${child})`),
    e.map((child) => `length(${child})`),
    e.map((child) => `keys(${child})`),
    e.map((child) => `to_array(${child})`),
    pairs((left, right) => `(${left})[?${right}]`),
    pairs((left, right) => `(${left}) || (${right})`),
    pairs((left, right) => `(${left}) && (${right})`),
    pairs((left, right) => `(${left}) | (${right})`),
    pairs((left, right) => `(${left}) == (${right})`),
    pairs((left, right) => `(${left}) < (${right})`),
    pairs((left, right) => `[${left}, ${right}]`),
    pairs((left, right) => `{a: ${left}, b: ${right}}`),
    pairs((left, right) => `not_null(${left}, ${right})`),
    pairs((left, right) => `starts_with(${left}, ${right})`),
    pairs((left, right) => `map(&(${left}), ${right})`),
  ];
  return { expression: fc.oneof({ depthSize: "small", withCrossShrink: true }, ...forms) };
});

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom<Json>(null, true, false, 0, 1, "", "x"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.record({ a: tie("value"), b: tie("value"), c: tie("value") }, { requiredKeys: [] }),
  ),
}));

describe("the same as the parser's own interpreter", () => {
  test("on any body and any expression of the standard", () => {
    fc.assert(
      fc.property(expression, value, (text, body) => {
        fc.pre(compileExpression(text).ok);
        expect(find(text, body)).toEqual(theirs(text, body));
      }),
      { numRuns: runs(3_000) },
    );
  });
});

function theirs(text: string, body: Json): unknown {
  try {
    return search(body as JSONValue, text);
  } catch {
    return null;
  }
}
