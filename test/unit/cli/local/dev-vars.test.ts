import { expect, test } from "vitest";
import { formatDevVars, parseDevVars } from "../../../../src/cli/local/dev-vars.ts";

test.each([
  ["a line break", "-----BEGIN KEY-----\nabc=\n-----END KEY-----\n"],
  ["line breaks of Windows", "one\r\ntwo"],
  ["JSON on several lines", '{\n  "a": "it\'s # 1"\n}'],
  ["an assignment on its second line", "x\nOTHER=stolen"],
  ["quotes of two kinds", `it's "so"`],
  ["a hash and blanks", "  a # b  "],
  ["nothing", ""],
])("a value with %s is read as it was written", (_, value) => {
  const vars = { FIRST: "1", SECRET: value, LAST: "last" };
  expect(parseDevVars(formatDevVars(vars))).toEqual(vars);
});

test("a line feed stands in the quotes, and a carriage return is an escape", () => {
  expect(formatDevVars({ A: "x\ny", B: "x\r\ny" })).toBe("A='x\ny'\nB=\"x\\r\\ny\"\n");
});

test("a value that no quotes can hold is refused by its name", () => {
  for (const value of ["'`\"", '"\r'])
    expect(() => formatDevVars({ SECRET: value })).toThrow(
      "SECRET: a .dev.vars file cannot hold this value",
    );
});

test("lines as people write them are read", () => {
  const text = "# note\n\nexport A = one # two\nB=\"x\\ny\" # z\nC=\nD='a#b'\r\nE=it's\nno line\n";
  expect(parseDevVars(text)).toEqual({ A: "one", B: "x\ny", C: "", D: "a#b", E: "it's" });
});
