// What a terminal is shown of texts that others wrote.

import { describe, expect, test } from "vitest";
import { jsonText, printable, tableOf } from "../../../src/cli/paint.ts";
import { problemText } from "../../../src/cli/relay-api.ts";

describe("a text of somebody else", () => {
  test.each([
    ["plain text, Grüße, 日本語, 😀", "plain text, Grüße, 日本語, 😀"],
    ["\u001B[31mred", "\uFFFD[31mred"],
    ["\u009B2Jgone", "\uFFFD2Jgone"],
    ["bell\u0007\u007F", "bell\uFFFD\uFFFD"],
    ["one\r\n  two\ttabs", "one two tabs"],
    ["\u2028line", " line"],
    ["invoice\u202Egpj.exe", "invoice\uFFFDgpj.exe"],
  ])("%j is shown as %j", (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test("stays in its cell and in its line", () => {
    expect(
      tableOf([
        ["a", "boom\u001B[2K\nfake line"],
        ["bc", "fine"],
      ]),
    ).toEqual(["a   boom\uFFFD[2K fake line", "bc  fine"]);
  });

  test("stays one line in an error", () => {
    const issue = { path: "a\u001Bb", message: "is\nwrong" };
    expect(problemText(JSON.stringify({ title: "Bad", issues: [issue] }))).toBe(
      "Bad; a\uFFFDb: is wrong",
    );
    expect(problemText("<html>\n\u001B[1m")).toBe("<html> \uFFFD[1m");
  });
});

describe("JSON of texts of somebody else", () => {
  const every = Array.from({ length: 0x2_100 }, (_, code) => String.fromCharCode(code)).join("");

  test("is read back as it was, and holds nothing that a terminal obeys", () => {
    const text = jsonText({ error: every, [every]: "Grüße, 日本語, 😀" });
    expect(JSON.parse(text)).toEqual({ error: every, [every]: "Grüße, 日本語, 😀" });
    expect(text).not.toMatch(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
    expect(text).toContain("Grüße, 日本語, 😀");
  });

  test("is printed in lines where that is asked for", () => {
    expect(jsonText({ a: "\u009B2J" }, 2)).toBe('{\n  "a": "\\u009b2J"\n}');
  });
});
