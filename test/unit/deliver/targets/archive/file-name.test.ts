// File names of strangers, read and made safe.

import { describe, expect, test } from "vitest";
import {
  dispositionName,
  lastSegment,
  safeName,
} from "../../../../../src/deliver/targets/archive/file-name.ts";
import { cpuTimeOf } from "../../../cpu-time.ts";

describe("the file name of a Content-Disposition", () => {
  test.each([
    ['attachment; filename="export.csv"', "export.csv"],
    ["attachment; filename=export.csv", "export.csv"],
    ["attachment;filename=export.csv;size=5", "export.csv"],
    ['inline; FileName = "export.csv"', "export.csv"],
    ['attachment; filename="a \\"quoted\\" name.csv"', 'a "quoted" name.csv'],
    ["attachment; filename=name with spaces.csv", "name with spaces.csv"],
    ["attachment; filename*=UTF-8''%E2%82%AC%20rates.csv", "€ rates.csv"],
    ["attachment; filename*=utf-8'en'na%C3%AFve.csv; filename=\"naive.csv\"", "naïve.csv"],
    ["attachment; filename=\"naive.csv\"; filename*=utf-8'en'na%C3%AFve.csv", "naïve.csv"],
    ["attachment; filename*=iso-8859-1''na%EFve.csv", "naïve.csv"],
    ["attachment; filename*=\"UTF-8''quoted%20wrongly.csv\"", "quoted wrongly.csv"],
    ["attachment; filename*=UTF-8''%FF.csv; filename=fallback.csv", "fallback.csv"],
    ["attachment; filename*=koi8-r''%C1.csv; filename=fallback.csv", "fallback.csv"],
    ["attachment; filename*=UTF-8''%E2%82%AC\u20AC.csv; filename=fallback.csv", "fallback.csv"],
    ["attachment; filename*=nonsense; filename=fallback.csv", "fallback.csv"],
    ['filename="no type.csv"', "no type.csv"],
    ['attachment; filename="one.csv"; filename="two.csv"', "one.csv"],
    ['attachment; note="; filename=evil.csv"; filename="good.csv"', "good.csv"],
    [`attachment; filename="${Buffer.from("Žofie.csv").toString("latin1")}"`, "Žofie.csv"],
    ['attachment; filename="Žofie.csv"', "Žofie.csv"],
    ['attachment; filename="na\u00EFve.csv"', "naïve.csv"],
    ['attachment; filename="unclosed.csv', '"unclosed.csv'],
    ['attachment; filename=""', ""],
  ])("of %j is %j", (header, name) => {
    expect(dispositionName(header)).toBe(name);
  });

  test.each([
    "",
    "attachment",
    "attachment; name=x",
    "attachment; filename",
    "attachment; xfilename=a",
    `attachment; filename=${"a".repeat(2_048)}`,
  ])("of %j is none", (header) => {
    expect(dispositionName(header)).toBeNull();
  });

  test("is read in linear time from a header made to be slow", () => {
    const hostile = ';a="\\'.repeat(500).slice(0, 2_048);
    const spent = cpuTimeOf(() => expect(dispositionName(hostile)).toBeNull());
    expect(spent).toBeLessThan(250);
  });
});

describe("a safe file name", () => {
  test.each([
    ["export.csv", "export.csv"],
    ["../../../etc/passwd", "passwd"],
    ["..\\..\\boot.ini", "boot.ini"],
    ["/absolute/path.csv", "path.csv"],
    ["a..b...c.csv", "a.b.c.csv"],
    [".htaccess", "htaccess"],
    ["name.csv. . ", "name.csv"],
    ["line\r\nbreak\0.csv", "linebreak.csv"],
    ["exe\u202Ecod.exe", "execod.exe"],
    ["zero\u200Bwidth.csv", "zerowidth.csv"],
    ['a<b>c:d"e|f?g*h.csv', "a_b_c_d_e_f_g_h.csv"],
    ["Žofie 😀.csv", "Žofie 😀.csv"],
    ["100%.csv", "100%.csv"],
  ])("for %j is %j", (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  test.each([null, "", ".", "..", "...", "/", "a/", "\\", "\0\r\n", " . "])(
    "does not come from %j",
    (name) => {
      expect(safeName(name)).toBeNull();
    },
  );

  test.each([
    [`${"a".repeat(251)}.csv`, `${"a".repeat(251)}.csv`],
    [`${"a".repeat(252)}.csv`, `${"a".repeat(251)}.csv`],
    [`${"a".repeat(300)}.ndjson.gz`, `${"a".repeat(245)}.ndjson.gz`],
    [`${"é".repeat(200)}.csv`, `${"é".repeat(125)}.csv`],
    ["😀".repeat(100), "😀".repeat(63)],
  ])("is cut at 255 bytes between characters, before the extension (%#)", (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });
});

test("a safe file name is made in linear time of a name made to be slow", () => {
  expect(safeName(`a${" .".repeat(250_000)}b.csv`)).toBe("a.b.csv");
});

describe("the last segment of a URL", () => {
  test.each([
    ["https://a.example/exports/12345.xlsx", "12345.xlsx"],
    ["https://a.example/exports/12345.xlsx?sig=abc/def#x", "12345.xlsx"],
    ["https://a.example/na%C3%AFve%20name.csv", "naïve name.csv"],
    ["https://a.example/%E0%A4%A.csv", "%E0%A4%A.csv"],
    ["https://a.example/a%2Fb.csv", "a/b.csv"],
    ["https://a.example/exports/", null],
    ["https://a.example", null],
    ["not a url", null],
  ])("%s is %j", (url, segment) => {
    expect(lastSegment(url)).toBe(segment);
  });
});
