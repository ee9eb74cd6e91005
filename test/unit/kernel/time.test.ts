// Instants in the forms that providers send them.

import { describe, expect, test } from "vitest";
import {
  DAY,
  HOUR,
  iso,
  isoOrNull,
  MINUTE,
  parseHttpDate,
  parseIso,
  parseUnix,
  SECOND,
} from "../../../src/kernel/time.ts";

const AT = 1_795_287_600_000;

test("durations are in milliseconds", () => {
  expect([SECOND, MINUTE, HOUR, DAY]).toEqual([1_000, 60_000, 3_600_000, 86_400_000]);
});

test("instants are shown in UTC with milliseconds, absent ones as null", () => {
  expect([iso(0), iso(AT), isoOrNull(AT + 7), isoOrNull(null), isoOrNull(0)]).toEqual([
    "1970-01-01T00:00:00.000Z",
    "2026-11-21T19:00:00.000Z",
    "2026-11-21T19:00:00.007Z",
    null,
    "1970-01-01T00:00:00.000Z",
  ]);
});

describe("parseIso", () => {
  test.each([
    ["2026-11-21T19:00:00.000Z", AT],
    ["2026-11-21T19:00:00Z", AT],
    ["2026-11-21T19:00Z", AT],
    ["2026-11-21T20:00:00+01:00", AT],
    ["2026-11-21T20:00:00+0100", AT],
    ["2026-11-21T13:30:00-05:30", AT],
    ["2026-11-21T19:00:00.1Z", AT + 100],
    ["2026-11-21T19:00:00.123456Z", AT + 123],
    ["2026-11-21T19:00:00.123456789+00:00", AT + 123],
    ["1970-01-01T00:00:00Z", 0],
    ["2024-02-29T00:00:00Z", 1_709_164_800_000],
  ])("reads %s", (text, at) => {
    expect(parseIso(text)).toBe(at);
  });

  test.each([
    "2026-11-21T19:00:00",
    "2026-11-21T19:00:00.000",
    "2026-11-21",
    "2026-11-21 19:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-11-32T00:00:00Z",
    "2026-11-21T25:00:00Z",
    "2026-11-21T19:60:00Z",
    "2026-11-21T19:00:00+25:00",
    "2026-11-21T19:00:00.Z",
    "2026-11-21T19:00:00.1234567890Z",
    "21 Nov 2026 19:00:00 GMT",
    "1795287600",
    "now",
    "",
    " 2026-11-21T19:00:00Z",
    "2026-11-21T19:00:00Z\n",
    "+002026-11-21T19:00:00Z",
  ])("refuses %j", (text) => {
    expect(parseIso(text)).toBe(null);
  });
});

describe("parseUnix", () => {
  test.each([
    { value: 0, at: 0 },
    { value: 1, at: 1_000 },
    { value: 1_795_287_600, at: AT },
    { value: 1_795_287_600_000, at: AT },
    { value: 1_795_287_600.5, at: AT + 500 },
    { value: 1_795_287_600_000.4, at: AT },
    { value: 100_000_000_000, at: 100_000_000_000_000 },
    { value: 100_000_000_001, at: 100_000_000_001 },
    { value: 8.64e15, at: 8.64e15 },
    { value: 8.64e15 + 1, at: null },
    { value: -1, at: null },
    { value: Number.NaN, at: null },
    { value: Number.POSITIVE_INFINITY, at: null },
    { value: Number.MAX_VALUE, at: null },
  ])("$value is $at", ({ value, at }) => {
    expect(parseUnix(value)).toBe(at);
  });

  test("whatever it gives can be shown", () => {
    const shown = [0, 1e11, 1e11 + 1, 8.64e15].map((value) => iso(parseUnix(value) ?? Number.NaN));
    expect(shown).toEqual([
      "1970-01-01T00:00:00.000Z",
      "5138-11-16T09:46:40.000Z",
      "1973-03-03T09:46:40.001Z",
      "+275760-09-13T00:00:00.000Z",
    ]);
  });
});

describe("parseHttpDate", () => {
  test.each([
    ["Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777_000],
    ["Sat, 21 Nov 2026 19:00:00 GMT", AT],
  ])("reads %s", (text, at) => {
    expect(parseHttpDate(text)).toBe(at);
  });

  test.each([
    "120",
    "",
    "2026-11-21T19:00:00Z",
    "Mon, 99 Foo 1994 00:00:00 GMT",
    "soon",
    "-1",
    "1.5",
  ])("refuses %j", (text) => {
    expect(parseHttpDate(text)).toBe(null);
  });
});
