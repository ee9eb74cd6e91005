import { array, assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { fingerprint } from "../../../src/kernel/fingerprint.ts";

describe("fingerprint", () => {
  test("is stable: stored marks are compared with new ones after a deploy", () => {
    expect(["", "{}", '{"totalExported":5}'].map(fingerprint)).toEqual([
      fingerprint(""),
      "5a56d1e7f6bbc27f",
      "00cd772d0644151e",
    ]);
  });

  test("differs for texts that differ in one character", () => {
    const texts = Array.from({ length: 5_000 }, (_, index) => `{"current":${index}}`);
    expect(new Set(texts.map(fingerprint)).size).toBe(5_000);
  });

  test("is 16 hex digits, equal for equal texts, different for different ones", () => {
    assert(
      property(array(string(), { minLength: 2, maxLength: 20 }), (texts) => {
        const distinct = [...new Set(texts)];
        const prints = distinct.map(fingerprint);
        return (
          new Set(prints).size === distinct.length &&
          prints.every((print) => /^[0-9a-f]{16}$/.test(print))
        );
      }),
    );
  });
});
