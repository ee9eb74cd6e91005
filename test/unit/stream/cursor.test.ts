import { describe, expect, test } from "vitest";
import { toBase64Url, utf8 } from "../../../src/kernel/bytes.ts";
import { readCursor, readSeq, writeCursor } from "../../../src/stream/cursor.ts";

const written = (text: string): string => toBase64Url(utf8(text));

describe("a cursor", () => {
  test.each([
    { epoch: "0a1b2c3d4e5f", offset: 0 },
    { epoch: "f", offset: 1 },
    { epoch: "0".repeat(32), offset: Number.MAX_SAFE_INTEGER },
  ])("is read back as it was written: $epoch, $offset", (position) => {
    expect(readCursor(writeCursor(position))).toEqual(position);
  });

  test("is safe in a URL, in an SSE id and in a header", () => {
    expect(writeCursor({ epoch: "ffffffffffff", offset: 123_456_789 })).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  test("is never a plain number, so that it cannot be taken for a seq", () => {
    for (const epoch of ["0", "1", "9", "a", "f"])
      expect(readSeq(writeCursor({ epoch, offset: 1 }))).toBeNull();
  });

  test.each([
    ["nothing", ""],
    ["no base64", "?!"],
    ["base64 of other things", written("hello")],
    ["no offset", written("0a1b.")],
    ["no epoch", written(".5")],
    ["an epoch that is no hex", written("xyz.5")],
    ["an upper-case epoch", written("0A.5")],
    ["an epoch that is too long", written(`${"0".repeat(33)}.5`)],
    ["a negative offset", written("0a.-1")],
    ["a fraction", written("0a.1.5")],
    ["a leading zero", written("0a.01")],
    ["an offset beyond 2^53", written("0a.9007199254740992")],
    ["an exponent", written("0a.1e3")],
    ["bytes that are no UTF-8", "_____w"],
    ["a line break after it", written("0a.5\n")],
    ["more than 128 characters", "A".repeat(132)],
  ])("that holds %s is none", (_, text) => {
    expect(readCursor(text)).toBeNull();
  });
});

test.each([
  ["0", 0],
  ["12", 12],
  ["999999999999999", 999_999_999_999_999],
  ["1000000000000000", null],
  ["", null],
  ["-1", null],
  ["1.0", null],
  [" 1", null],
  ["1e3", null],
])("a seq written as %j is read as %j", (text, seq) => {
  expect(readSeq(text)).toBe(seq);
});
