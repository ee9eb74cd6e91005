import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/kernel/json.ts";
import { addMembers, withMembers } from "../../../../src/kernel/json/members.ts";

const own = JSON.parse('{"b":1,"__proto__":{"polluted":true},"a":2}') as JsonObject;

describe("members that are added", () => {
  test("come in their order, and `__proto__` is one like any other", () => {
    const copy = addMembers({ first: 0 }, own);
    expect(Object.entries(copy)).toEqual([["first", 0], ...Object.entries(own)]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  test("are those that are to be kept", () => {
    expect(addMembers({}, { a: 1, b: null }, (name, value) => name === "a" || value === 1)).toEqual(
      { a: 1 },
    );
  });
});

describe("an object with changes", () => {
  test("is itself where it has them", () => {
    expect(withMembers(own, { a: 2, b: 1 })).toBe(own);
  });

  test("is a copy where it has not, with every member in its place", () => {
    const changed = withMembers(own, { b: 3, c: 4 });
    expect(JSON.stringify(changed)).toBe('{"b":3,"__proto__":{"polluted":true},"a":2,"c":4}');
    expect(own["b"]).toBe(1);
  });

  test("takes nothing from a prototype for a member", () => {
    expect(withMembers({}, { toString: "text" })).toEqual({ toString: "text" });
  });
});
