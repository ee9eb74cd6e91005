// Text forms of bytes, there and back, and the comparison of digests.

import { property, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  concat,
  equalBytes,
  fromBase64,
  fromHex,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from "../../../src/kernel/bytes.ts";
import { falsified } from "./falsified.ts";

const bytes = (...values: readonly number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

describe("hex", () => {
  test.each([
    [bytes(), ""],
    [bytes(0), "00"],
    [bytes(15, 16, 255), "0f10ff"],
  ])("%o is %s", (value, text) => {
    expect([toHex(value), fromHex(text)]).toEqual([text, value]);
  });

  test("is read in either case, mixed too", () => {
    expect(fromHex("aAbBCc")).toEqual(bytes(0xaa, 0xbb, 0xcc));
  });

  test.each(["0", "abc", "0g", " 00", "00\n", "0x00", "٠٠", "--"])("%j is none", (text) => {
    expect(fromHex(text)).toBe(null);
  });
});

describe("base64", () => {
  test.each([
    { value: bytes(), padded: "", url: "" },
    { value: bytes(0x66), padded: "Zg==", url: "Zg" },
    { value: bytes(0x66, 0x6f), padded: "Zm8=", url: "Zm8" },
    { value: bytes(0x66, 0x6f, 0x6f), padded: "Zm9v", url: "Zm9v" },
    { value: bytes(0xfb, 0xff, 0xbf), padded: "+/+/", url: "-_-_" },
    { value: bytes(0xff, 0xfe), padded: "//4=", url: "__4" },
  ])("$padded and $url are the same bytes", ({ value, padded, url }) => {
    expect([toBase64(value), toBase64Url(value)]).toEqual([padded, url]);
    expect([fromBase64(padded), fromBase64(url)]).toEqual([value, value]);
  });

  test("is read without its padding, and the URL alphabet with padding", () => {
    expect([fromBase64("Zg"), fromBase64("__4=")]).toEqual([bytes(0x66), bytes(0xff, 0xfe)]);
  });

  test.each(["A", "AAAAA", "====", "Zg==Zg==", "Zm 9v", "Zm9v\n", "Zm9v!", "Zg===", "Ä"])(
    "%j is none",
    (text) => {
      expect(fromBase64(text)).toBe(null);
    },
  );

  test.each([8_191, 8_192, 8_193, 100_001])("of %d bytes, across slices, comes back", (length) => {
    const value = Uint8Array.from({ length }, (_, index) => index % 251);
    expect(equalBytes(fromBase64(toBase64(value)) ?? bytes(), value)).toBe(true);
  });
});

test("any bytes come back from every text form", () => {
  expect(
    falsified(
      property(uint8Array({ maxLength: 70 }), (value) => {
        for (const back of [
          fromHex(toHex(value)),
          fromHex(toHex(value).toUpperCase()),
          fromBase64(toBase64(value)),
          fromBase64(toBase64Url(value)),
        ]) {
          if (back === null || !equalBytes(back, value)) throw new Error(`lost in ${toHex(value)}`);
        }
        if (/[^\w-]/.test(toBase64Url(value))) throw new Error("not safe in a URL");
      }),
      1_000,
    ),
  ).toEqual([]);
});

describe("equalBytes", () => {
  test.each([
    { name: "nothing and nothing", left: bytes(), right: bytes(), equal: true },
    { name: "the same", left: bytes(1, 2, 3), right: bytes(1, 2, 3), equal: true },
    { name: "another first byte", left: bytes(0, 2, 3), right: bytes(1, 2, 3), equal: false },
    { name: "another last byte", left: bytes(1, 2, 2), right: bytes(1, 2, 3), equal: false },
    {
      name: "two differences that cancel each other out",
      left: bytes(1, 2),
      right: bytes(2, 1),
      equal: false,
    },
    { name: "a beginning", left: bytes(1, 2), right: bytes(1, 2, 3), equal: false },
    { name: "nothing and something", left: bytes(), right: bytes(0), equal: false },
  ])("$name: $equal", ({ left, right, equal }) => {
    expect([equalBytes(left, right), equalBytes(right, left)]).toEqual([equal, equal]);
  });
});

test("concat joins in order, views too", () => {
  const whole = bytes(1, 2, 3, 4);
  expect([concat(), concat(whole.subarray(1, 3), bytes(), bytes(9))]).toEqual([
    bytes(),
    bytes(2, 3, 9),
  ]);
});

test("utf8 encodes beyond ASCII", () => {
  expect(toHex(utf8("aé€😀"))).toBe("61c3a9e282acf09f9880");
});
