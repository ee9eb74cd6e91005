import * as fc from "fast-check";
import { expect, test } from "vitest";
import { exactNumber, isInexact } from "../../../../src/kernel/json/exact-number.ts";
import {
  endOfNumber,
  isPlainNumber,
  isSurelyRewritten,
} from "../../../../src/kernel/json/number-token.ts";
import { scanJson } from "../../../../src/kernel/json/scan.ts";

const PAIR = String.raw`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`;
const HALF = String.raw`\\u[dD][89a-fA-F][0-9a-fA-F]{2}`;
const STRING = /"(?:[^"\\]|\\[^])*(?:"|\\?$)/;
const NUMBER = /[-\d][-+.\deE]*/;
const TOKEN = new RegExp(`${STRING.source}|${NUMBER.source}(?=([^]*))`, "g");

/** What a scan makes of a text, said in regular expressions. */
function scanned(text: string): { readonly text: string; readonly hasEscapes: boolean } {
  let hasEscapes = false;
  const edited = text.replaceAll(TOKEN, (token: string, after: string | undefined) => {
    if (!token.startsWith('"')) {
      const isValue = /^[\0- ]*(?:[,}\]]|$)/.test(after ?? "");
      return isInexact(token) && isValue ? `"${exactNumber(token)}"` : token;
    }
    return token.replaceAll(
      new RegExp(String.raw`${PAIR}|(${HALF})|\\[^]`, "g"),
      (escape: string, half: string | undefined) => {
        if (escape.startsWith(String.raw`\u`)) hasEscapes = true;
        return half === undefined ? escape : String.raw`\ufffd`;
      },
    );
  });
  return { text: edited, hasEscapes };
}

const piece = fc.oneof(
  fc.constantFrom('"', "\\", "\\u", "\\ud83d", "\\uDE00", "\\ud8", "\\\\u", "\\u005f", "e", "n"),
  fc.constantFrom("{", "}", "[", "]", ":", ",", " ", "\n", "-", "0", "00", ".", "1e5", "1.0", "-0"),
  fc.constantFrom("0.000001", "0.0000001", "123456789012345678", "1.50", "99", "é", "😀"),
);

test("scans any text as regular expressions do", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
      const text = pieces.join("");
      const { depth: _, ...found } = scanJson(text);
      expect(found).toEqual(scanned(text));
    }),
    { numRuns: 2_000 },
  );
});

const digits = fc
  .array(fc.constantFrom("0", "1", "5", "9"), { maxLength: 18 })
  .map((all) => all.join(""));

const number = fc
  .tuple(fc.constantFrom("", "-"), digits, fc.constantFrom("", "."), digits)
  .map((parts) => parts.join(""));

test("takes no number for plain that JavaScript would change", () => {
  fc.assert(
    fc.property(fc.oneof(number, fc.double().map(String)), (text) => {
      const plain = isPlainNumber(text, 0, text.length);
      const kept = String(Number(text)) === text && endOfNumber(text, 0) === text.length;
      expect(plain && !kept).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ["0", true],
  ["-1", true],
  ["123456789012345", true],
  ["1234567890123456", false],
  ["1.5", true],
  ["-0.5", true],
  ["0.000001", true],
  ["0.0000001", false],
  ["-0", false],
  ["00", false],
  ["01.5", false],
  ["1.0", false],
  ["1.", false],
  [".5", false],
  ["-", false],
  ["1e5", false],
  ["1.5.5", false],
])("%s is plain: %s", (text, plain) => {
  expect(isPlainNumber(text, 0, text.length)).toBe(plain);
});

const exponent = fc
  .tuple(fc.constantFrom("", "e", "E"), fc.constantFrom("", "+", "-"), digits)
  .map((parts) => parts.join(""));

test("takes no number for rewritten that JavaScript writes as it stands, or that is none", () => {
  fc.assert(
    fc.property(fc.oneof(number, fc.double().map(String)), exponent, (mantissa, behind) => {
      const text = mantissa + behind;
      const isClaimed = isSurelyRewritten(text, 0, text.length);
      expect(isClaimed && !isInexact(text)).toBe(false);
    }),
    { numRuns: 10_000 },
  );
});

test.each([
  ["1.0", true],
  ["-0.10", true],
  ["1.0e+21", true],
  ["1e400", true],
  ["1E+21", true],
  ["1e+21", false],
  ["1.5", false],
  ["10", false],
  ["01.0", false],
  ["1.", false],
  [".0", false],
  ["1e", false],
  ["1.0e", false],
  ["1e5.0", false],
  ["-", false],
])("%s is surely rewritten: %s", (text, rewritten) => {
  expect(isSurelyRewritten(text, 0, text.length)).toBe(rewritten);
});
