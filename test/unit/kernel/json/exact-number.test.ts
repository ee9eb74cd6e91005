import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import {
  isExactNumber,
  numberOf,
  numberText,
  withPlainNumbers,
} from "../../../../src/kernel/json/exact-number.ts";
import { canonical, parseBody, type Json } from "../../../../src/kernel/json.ts";

/** A body's value as the relay keeps it. */
function read(body: string): Json {
  const json = parseBody(utf8(body));
  if (!json.ok) throw new Error(json.fault);
  return json.value;
}

describe("a number", () => {
  test.each([
    ["1", 1, "1"],
    ["1500.0", 1500, "1500.0"],
    ["7301122334455667788", 7301122334455668000, "7301122334455667788"],
    ["1e400", Number.POSITIVE_INFINITY, "1e400"],
    ["-0", -0, "-0"],
  ])("%s is compared as %d and shown as it came", (body, value, text) => {
    const json = read(body);
    expect(numberOf(json)).toBe(value);
    expect(typeof json === "number" || typeof json === "string" ? numberText(json) : null).toBe(
      text,
    );
  });

  test.each([
    ['"1.0"'],
    ['"\\ud8001.0"'],
    ["null"],
    ["true"],
    ["[1.0]"],
    ["{}"],
    ['"𐀀"'],
    ['"𐀀1.0"'],
  ])("%s is none", (body) => {
    expect([numberOf(read(body)), isExactNumber(read(body))]).toEqual([null, false]);
  });
});

test("a document is compared with plain numbers, and is itself where it has no others", () => {
  expect(withPlainNumbers(read('{"a":[1.0,{"b":1e5}],"c":"1.0"}'))).toEqual({
    a: [1, { b: 100_000 }],
    c: "1.0",
  });
  const plain = read('{"a":[1,{"b":2}],"c":null}');
  expect(withPlainNumbers(plain)).toBe(plain);
});

test.each([
  ["1.0", "1"],
  ["1E5", "100000"],
  ["-0", "0"],
  ["0.10", "0.1"],
  ["1e21", "1000000000000000000000"],
  ["0.0000001", "1e-7"],
  ["123456789012345678901234567890e-5", "1234567890123456789012345.67890"],
])("%s equals %s in canonical form", (left, right) => {
  expect(canonical(read(left))).toBe(canonical(read(right)));
});

test.each([
  ["zeros inside", `1${"0".repeat(1_000_000)}1`, `1${"0".repeat(1_000_000)}1.0`],
  ["zeros at its end", `1${"0".repeat(1_000_000)}`, "1e1000000"],
  ["digits of an exponent", `1e${"9".repeat(1_000_000)}`, `1E+${"9".repeat(1_000_000)}`],
  ["zeros of an exponent", `1e${"0".repeat(1_000_000)}7`, "10000000"],
])("a number of a million %s has a canonical form", (_, left, right) => {
  expect(canonical(read(left)) === canonical(read(right))).toBe(true);
});

test.each([
  ["9007199254740993", "9007199254740992"],
  ["1e400", "1e401"],
  ["1e400", "-1e400"],
  ["0.1", "0.10000000000000000001"],
])("%s and %s differ in canonical form", (left, right) => {
  expect(canonical(read(left))).not.toBe(canonical(read(right)));
});

test("the canonical form of a plain number is what JavaScript writes", () => {
  expect(canonical(read("[1,0.5,1e21]"))).toBe("[1,0.5,1e+21]");
});

test("an exponent of a thousand digits and more is written as it came, beside its move", () => {
  const digits = "1".repeat(1_001);
  expect(canonical(read(`120e${digits}`))).toBe(`12e${digits}+1`);
  expect(canonical(read(`1.2e${digits}`))).toBe(`12e${digits}-1`);
  expect(canonical(read(`1.2e-${digits}`))).toBe(`12e-${digits}-1`);
});
