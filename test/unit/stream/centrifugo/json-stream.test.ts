import { array, assert, constantFrom, jsonValue, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { splitObjects } from "../../../../src/stream/centrifugo/encoding/json-stream.ts";

describe("JSON objects in one text", () => {
  test.each<[string, readonly string[] | null]>([
    ["", []],
    [" \r\n\t", []],
    ["{}{}", ["{}", "{}"]],
    ['{"a":"}"}\n[{}]', ['{"a":"}"}', "[{}]"]],
    [String.raw`{"a":"\"}"}{}`, [String.raw`{"a":"\"}"}`, "{}"]],
    [String.raw`{"a":"\\"}{}`, [String.raw`{"a":"\\"}`, "{}"]],
    ["{},{}", null],
    ["{}x", null],
    ['"a"', null],
    ["}", null],
    ["{", null],
    ['{"a', null],
    ['{"a\\', null],
  ])("%j are %j", (text, objects) => {
    expect(splitObjects(text)).toEqual(objects);
  });

  test("are found again, whatever they hold and whatever white space is between them", () => {
    const part = tuple(array(jsonValue()), constantFrom("", " ", "\n", "\r\n\t"));
    assert(
      property(array(part), (parts) => {
        const text = parts.map(([value, space]) => JSON.stringify(value) + space).join("");
        expect(splitObjects(text)).toEqual(parts.map(([value]) => JSON.stringify(value)));
      }),
    );
  });
});
