import { describe, expect, test } from "vitest";
import { declaresTooMuch } from "../../../../src/kernel/http/body.io.ts";
import { checkMedia, traceparentOf } from "../../../../src/ingest/request/headers.ts";

describe("checkMedia", () => {
  test.each([
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    'application/json;charset="UTF-8"',
    "application/json ; charset=utf8 ; boundary=x",
    "application/cloudevents+json; charset=utf-8",
    "application/cloudevents-batch+json",
    "application/vnd.acme.v2+json",
    "application/x-json",
    "text/json",
    "text/x-json; charset=us-ascii",
    "application/json; charset=us-ascii",
    "application/json; charset=iso-8859-1",
    "application/json; charset=ISO-8859-1; x=y",
    "application/json;charset=latin1",
    "application/json; charset=",
    "application/json;",
  ])("accepts %s", (type) => {
    expect(checkMedia(type, null)).toEqual({ ok: true, value: null });
  });

  test.each([
    ["", "no-media-type"],
    ["text/plain", "not-json"],
    ["text/html", "not-json"],
    ["text/jsonp", "not-json"],
    [";charset=utf-8", "no-media-type"],
    ["application/x-www-form-urlencoded", "not-json"],
    ["application/jsonp", "not-json"],
    ["application/json-seq", "not-json"],
    ["application/+json", "not-json"],
    ["application/json, application/json", "not-json"],
    ["multipart/form-data; boundary=application/json", "not-json"],
  ])("refuses %s as %s", (type, fault) => {
    expect(checkMedia(type, null)).toEqual({ ok: false, fault });
  });

  test.each([["gzip"], ["br"], ["identity, gzip"], ["GZIP"]])(
    "refuses the content encoding %s",
    (encoding) => {
      expect(checkMedia("application/json", encoding)).toEqual({ ok: false, fault: "encoding" });
    },
  );

  test.each([["identity"], [" Identity "], [""]])(
    "takes the content encoding %j for none",
    (encoding) => {
      expect(checkMedia("application/json", encoding)).toEqual({ ok: true, value: null });
    },
  );
});

test.each([
  [null, false],
  ["10", false],
  ["11", true],
  ["99999999999999999999999", true],
  ["-1", false],
  ["1e9", false],
  ["0x99", false],
  ["", false],
])("a declared length of %s is over a limit of 10: %s", (length, expected) => {
  expect(declaresTooMuch(length, 10)).toBe(expected);
});

describe("traceparentOf", () => {
  const VALID = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  test.each([VALID, VALID.replace("-01", "-00"), ` ${VALID} `])("continues %j", (header) => {
    expect(traceparentOf(header)).toBe(header.trim());
  });

  test.each([
    ["none", null],
    ["an empty one", ""],
    ["a later version", VALID.replace("00-", "01-")],
    ["the invalid version", VALID.replace("00-", "ff-")],
    ["a trace id of zeros", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`],
    ["a parent id of zeros", `00-4bf92f3577b34da6a3ce929d0e0e4736-${"0".repeat(16)}-01`],
    ["upper case", VALID.toUpperCase()],
    ["a digit too few", VALID.slice(0, -1)],
    ["more behind it", `${VALID}-extra`],
  ])("does not continue %s", (_, header) => {
    expect(traceparentOf(header)).toBeNull();
  });
});
