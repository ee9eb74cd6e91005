// JSON from strangers: at the limit and one over, and hostile.

import { jsonValue, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, utf8 } from "../../../src/kernel/bytes.ts";
import {
  canonical,
  depthOf,
  isObject,
  MAX_DEPTH,
  parseBody,
  writeJson,
  type Json,
} from "../../../src/kernel/json.ts";
import { falsified } from "./falsified.ts";

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const nestedObjects = (depth: number): string => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
const BOM = Uint8Array.from([0xef, 0xbb, 0xbf]);

describe("parseBody", () => {
  test.each<{ text: string; value: Json }>([
    { text: '{"a":1}', value: { a: 1 } },
    { text: ' \r\n[1, null, true, "x"]\t', value: [1, null, true, "x"] },
    { text: "null", value: null },
    { text: "0", value: 0 },
    { text: '"😀é"', value: "😀é" },
    { text: '{"a":1,"a":2}', value: { a: 2 } },
  ])("reads $text", ({ text, value }) => {
    expect(parseBody(utf8(text))).toEqual({ ok: true, value });
  });

  test("accepts one byte order mark, not two", () => {
    expect([parseBody(concat(BOM, utf8("{}"))), parseBody(concat(BOM, BOM, utf8("{}")))]).toEqual([
      { ok: true, value: {} },
      { ok: false, fault: "not-json" },
    ]);
  });

  test.each([
    { name: "nothing", body: utf8("") },
    { name: "blanks", body: utf8(" \r\n\t ") },
    { name: "a byte order mark alone", body: BOM },
  ])("$name is empty", ({ body }) => {
    expect(parseBody(body)).toEqual({ ok: false, fault: "empty" });
  });

  test.each([
    { name: "a lone continuation byte", bytes: [0x22, 0x80, 0x22] },
    { name: "a sequence cut off", bytes: [0x22, 0xe2, 0x82, 0x22] },
    { name: "an overlong slash", bytes: [0x22, 0xc0, 0xaf, 0x22] },
    { name: "a surrogate cut off", bytes: [0x22, 0xed, 0xa0, 0x22] },
    { name: "a surrogate beside another fault", bytes: [0x22, 0xed, 0xa0, 0x80, 0x80, 0x22] },
    { name: "beyond Unicode", bytes: [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22] },
    { name: "UTF-16", bytes: [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00] },
  ])("$name is not UTF-8", ({ bytes }) => {
    expect(parseBody(Uint8Array.from(bytes))).toEqual({ ok: false, fault: "not-utf8" });
  });

  test.each([
    "{",
    "{]",
    "{'a':1}",
    "[1,]",
    "NaN",
    "01",
    '{"a":1} x',
    "undefined",
    '"\u0001"',
    "][",
  ])("%j is not JSON", (text) => {
    expect(parseBody(utf8(text))).toEqual({ ok: false, fault: "not-json" });
  });

  test("the limit is 64 levels", () => {
    expect(MAX_DEPTH).toBe(64);
  });

  test.each([
    { name: "arrays", body: nested },
    { name: "objects", body: nestedObjects },
  ])("64 levels of $name are read, 65 are refused", ({ body }) => {
    expect([parseBody(utf8(body(64))).ok, parseBody(utf8(body(65)))]).toEqual([
      true,
      { ok: false, fault: "too-deep" },
    ]);
  });

  test("a hundred thousand brackets that never close are refused before the parser sees them", () => {
    expect(parseBody(utf8("[".repeat(100_000)))).toEqual({ ok: false, fault: "too-deep" });
  });

  test("brackets in a string are no depth, escaped quotes do not end it", () => {
    const text = JSON.stringify({ a: `${"[".repeat(99)}"\\"${"{".repeat(99)}\\` });
    expect(parseBody(utf8(text))).toEqual({ ok: true, value: JSON.parse(text) as Json });
  });

  test.each([
    ["itself", '{"__proto__":{"admin":true},"a":1}'],
    ["with an escape", '{"\\u005f_proto__":{"admin":true},"a":1}'],
    ["with an escaped letter", '{"__pr\\u006Fto__":{"admin":true},"a":1}'],
  ])("a member called __proto__, spelled %s, is dropped", (_, text) => {
    expect(parseBody(utf8(`[${text}]`))).toEqual({ ok: true, value: [{ a: 1 }] });
    expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
  });

  test("members called constructor and prototype are kept", () => {
    const text = '{"constructor":{"prototype":4}}';
    const read = parseBody(utf8(text));
    expect(read.ok && JSON.stringify(read.value)).toBe(text);
  });
});

/** What a body leaves as, after it went through the relay's rows of JSON text. */
function passedOn(body: string | Uint8Array): string {
  const read = parseBody(typeof body === "string" ? utf8(body) : body);
  if (!read.ok) return read.fault;
  return writeJson(JSON.parse(JSON.stringify(structuredClone(read.value))));
}

describe("numbers", () => {
  test.each([
    "7301122334455667788",
    "-7301122334455667788",
    "9007199254740993",
    "123456789012345678901234567890",
    "1e400",
    "-1e400",
    "1e-400",
    "1.0",
    "0.10",
    "-0",
    "-0.0",
    "1E5",
    "1e5",
    "1e+5",
    "1e20",
    "0.0000001",
    "0.1234567890123456789",
    "3.141592653589793238462643383279",
    "100",
    "-1.5",
    "0",
  ])("%s leaves as it came, wherever it stands", (number) => {
    const bodies = [
      number,
      `[${number},${number}]`,
      `{"a":${number},"b":{"c":[${number}]}}`,
      `{"${number}":"${number}","x":" ${number},"}`,
    ];
    expect(bodies.map((body) => passedOn(body))).toEqual(bodies);
  });

  test("white space around numbers is all that changes", () => {
    expect(passedOn('{ "a" : 1.0 ,\n"b": [ 1.50\t, -0 ] }')).toBe('{"a":1.0,"b":[1.50,-0]}');
  });

  test.each([
    "{1.0:2}",
    "[01.0]",
    "[1.]",
    "[1.0.0]",
    "[1.0e]",
    "[.50]",
    "[+1.0]",
    "[1.0 2.0]",
    "[1.0-1.0]",
    "[-]",
    "1.0x",
  ])("%s is no JSON all the same", (text) => {
    expect(parseBody(utf8(text))).toEqual({ ok: false, fault: "not-json" });
  });

  test("a number is not read out of a text, escaped or not", () => {
    const texts = ['"\\ud8001.0"', '"\\uD8001.0"', '"x\\"\\ud8001.0"'];
    expect(texts.map((text) => passedOn(text))).toEqual([
      '"\ufffd1.0"',
      '"\ufffd1.0"',
      '"x\\"\ufffd1.0"',
    ]);
    expect(passedOn('["\\\\ud8001.0"]')).toBe('["\\\\ud8001.0"]');
  });

  test("a body of a megabyte of numbers is read in little time for its size", () => {
    const body = `[${"1e20,".repeat(209_000)}1]`;
    expect(passedOn(body)).toBe(body);
  });
});

describe("half a surrogate pair", () => {
  const half = "\ufffd";

  test.each([
    ["a high one", '"a\\ud800b"', `"a${half}b"`],
    ["a low one", '"\\udc00"', `"${half}"`],
    ["in upper case", '"\\uD83D"', `"${half}"`],
    ["two in the wrong order", '"\\udc00\\ud800"', `"${half}${half}"`],
    ["a high one before a pair", '"\\ud800\\ud83d\\ude00"', `"${half}😀"`],
    ["a pair", '"\\ud83d\\ude00"', '"😀"'],
    ["a pair before a low one", '"\\ud83d\\ude00\\ude00"', `"😀${half}"`],
    ["in a key", '{"\\ud800":1}', `{"${half}":1}`],
    ["behind an escaped backslash, where it is none", '"\\\\ud800"', '"\\\\ud800"'],
    ["behind two escaped backslashes", '"\\\\\\ud800"', `"\\\\${half}"`],
  ])("%s: %s leaves as %s", (_, body, expected) => {
    expect(passedOn(body)).toBe(expected);
  });

  test.each([
    ["a high one", [0xed, 0xa0, 0x80], half],
    ["a low one", [0xed, 0xb0, 0x80], half],
    ["two in the wrong order", [0xed, 0xb0, 0x80, 0xed, 0xa0, 0x80], half + half],
    ["a pair, three bytes each,", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], "😀"],
  ])("%s as bytes leaves as well-formed text", (_, bytes, expected) => {
    const body = concat(utf8('{"a":"é'), Uint8Array.from(bytes), utf8('"}'));
    expect(passedOn(body)).toBe(`{"a":"é${expected}"}`);
  });
});

describe("depthOf", () => {
  test.each([
    ["1", 0],
    ["[]", 1],
    ["[[],[]]", 2],
    ['{"a":[{}]}', 3],
    ['"[[["', 0],
    ['["\\"[["]', 1],
    ['["\\\\",[]]', 2],
  ])("of %s is %d", (text, depth) => {
    expect(depthOf(text)).toBe(depth);
  });

  test("agrees with the parsed value, for any value", () => {
    const deep = (value: unknown): number =>
      typeof value === "object" && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map(deep))
        : 0;
    expect(
      falsified(
        property(jsonValue(), (value) => {
          if (depthOf(JSON.stringify(value)) !== deep(value)) throw new Error("another depth");
        }),
        1_000,
      ),
    ).toEqual([]);
  });
});

describe("canonical", () => {
  test.each<{ name: string; value: Json; text: string }>([
    {
      name: "keys are sorted, at every depth",
      value: { b: { d: 1, c: 2 }, a: 3 },
      text: '{"a":3,"b":{"c":2,"d":1}}',
    },
    {
      name: "a member that is null is as good as absent",
      value: { a: null, b: { c: null } },
      text: '{"b":{}}',
    },
    {
      name: "a null in a list stays: it holds a place",
      value: [1, null, { a: null }],
      text: "[1,null,{}]",
    },
    { name: "lists keep their order", value: [3, 1, 2], text: "[3,1,2]" },
    {
      name: "false, zero and the empty text are values",
      value: { a: false, b: 0, c: "" },
      text: '{"a":false,"b":0,"c":""}',
    },
    { name: "text is escaped", value: { 'q"': 'x"\n' }, text: '{"q\\"":"x\\"\\n"}' },
    { name: "minus zero is zero", value: -0, text: "0" },
    { name: "null alone", value: null, text: "null" },
    {
      name: "keys that look like numbers sort as text",
      value: { 10: 1, 9: 2 },
      text: '{"10":1,"9":2}',
    },
  ])("$name", ({ value, text }) => {
    expect(canonical(value)).toBe(text);
  });

  test("a number and its text are two values", () => {
    expect(canonical({ a: 1 }) === canonical({ a: "1" })).toBe(false);
  });

  test("does not depend on the order in which members were written, and reads back as the same text", () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned);
      return isObject(value)
        ? Object.fromEntries(
            Object.entries(value)
              .toReversed()
              .map(([key, member]) => [key, turned(member)]),
          )
        : value;
    };
    expect(
      falsified(
        property(jsonValue(), (value) => {
          const text = canonical(value as Json);
          if (canonical(turned(value) as Json) !== text) throw new Error("depends on the order");
          if (canonical(JSON.parse(text) as Json) !== text) throw new Error("does not read back");
        }),
        1_000,
      ),
    ).toEqual([]);
  });
});

test.each<{ value: unknown; object: boolean }>([
  { value: {}, object: true },
  { value: { a: 1 }, object: true },
  { value: [], object: false },
  { value: null, object: false },
  { value: "x", object: false },
  { value: 1, object: false },
  { value: undefined, object: false },
])("isObject of $value is $object", ({ value, object }) => {
  expect(isObject(value)).toBe(object);
});
