import { describe, expect, test } from "vitest";
import {
  MAX_BODY_SHOWN,
  MAX_HEADER_NAME,
  MAX_HEADER_VALUE,
  MAX_HEADERS,
  MAX_REASON,
  rejectionOf,
  type RefusedRequest,
} from "../../../../src/ingest/tally/rejection.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import type { Rejection } from "../../../../src/model/messages.ts";
import { source } from "../build.ts";

const VERDICT = { status: 401, reason: "mismatch", at: 7 };

const made = (
  request: Partial<RefusedRequest>,
  changes: Parameters<typeof source>[0] = {},
  verdict = VERDICT,
): Rejection =>
  rejectionOf({ method: "POST", headers: [], body: null, ...request }, source(changes), verdict);

const headerOf = (name: string, value: string): unknown =>
  made({ headers: new Headers([[name, value]]) }).headers;

describe("the record of a refused request", () => {
  test("says when, why and what came", () => {
    const headers = new Headers({ "content-type": "application/json", "User-Agent": "curl/8" });
    expect(made({ headers, body: utf8('{"event":"x"}') })).toEqual({
      at: 7,
      status: 401,
      reason: "mismatch",
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "curl/8" },
      body: '{"event":"x"}',
    });
  });

  test("has no body where none was read", () => {
    expect(made({}).body).toBeNull();
  });

  test("has no body of a source that redacts: nobody knows where in it the paths are", () => {
    expect(
      made({ body: utf8('{"emails":["a@example.com"]}') }, { redact: ["emails"] }).body,
    ).toBeNull();
  });
});

describe("what is masked", () => {
  test.each([
    "x-signature",
    "X-EE-Wh-Signature",
    "x-btrz-signature",
    "webhook-signature",
    "x-hub-signature-256",
    "authorization",
    "proxy-authorization",
    "x-auth",
    "x-access-token",
    "cookie",
    "set-cookie",
    "x-shared-secret",
    "x-api-key",
    "apikey",
    "x-password",
    "x-credentials",
    "cf-access-jwt-assertion",
    "x-session-id",
    "x-hmac",
  ])("the value of %s", (name) => {
    expect(headerOf(name, "v4lue")).toEqual({ [name.toLowerCase()]: "***" });
  });

  test.each([
    "content-type",
    "user-agent",
    "x-ee-wh-event-id",
    "webhook-id",
    "cf-connecting-ip",
    "accept",
  ])("not the value of %s", (name) => {
    expect(headerOf(name, "v4lue")).toEqual({ [name]: "v4lue" });
  });

  const SECRET = "whsec_your_secret";

  test.each([
    ["x-hash", "v"],
    ["x-digest", "v"],
    ["x-mac", "v"],
    ["x-checksum", "v"],
    ["x-sig", "v"],
    ["x-proof", "v"],
    ["x-anything", "5d41402abc4b2a76b9719d911017c592"],
    ["x-anything", "sha256=5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592"],
    ["x-anything", "t=1, v1=MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw+4A=="],
  ])("the header %s: %s", (name, value) => {
    expect(headerOf(name, value)).toEqual({ [name]: "***" });
  });

  test.each([
    ["traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
    ["x-event-id", "5d41402abc4b2a76b9719d911017c592"],
    ["date", "Sat, 21 Nov 2026 19:00:00 GMT"],
    ["content-type", "application/vnd.something-very-long+json"],
  ])("but not the header %s: %s", (name, value) => {
    expect(headerOf(name, value)).toEqual({ [name]: value });
  });

  test("the source's secrets, wherever they stand", () => {
    const request = {
      headers: new Headers({ "x-mine": `it is ${SECRET}, ${SECRET}`, [`x-${SECRET}`]: "v" }),
      body: utf8(JSON.stringify({ [SECRET]: SECRET })),
    };
    const record = made(request, {}, { ...VERDICT, reason: `${SECRET}: is unknown` });
    expect(record).toMatchObject({
      reason: "***: is unknown",
      headers: { "x-mine": "it is ***, ***", "x-***": "***" },
      body: '{"***":"***"}',
    });
    expect(JSON.stringify(record)).not.toContain(SECRET);
  });

  test("a secret that is part of another leaves nothing of the longer one", () => {
    expect(made({ body: utf8("abc abcdef") }, { secrets: ["abc", "abcdef"] }).body).toBe("*** ***");
  });

  test("a secret where the body is cut", () => {
    for (let before = MAX_BODY_SHOWN - SECRET.length - 1; before <= MAX_BODY_SHOWN; before += 1) {
      const { body } = made({ body: utf8("-".repeat(before) + SECRET) });
      expect(body).not.toMatch(/w|h/);
    }
  });

  test("no secret at all masks nothing", () => {
    expect(made({ body: utf8("abc") }, { secrets: [] }).body).toBe("abc");
  });
});

describe("what is cut", () => {
  test("a body, headers, names, values and the reason", () => {
    const headers = Array.from(
      { length: 60 },
      (_, index) => [`x-${index}-${"n".repeat(200)}`, "v ".repeat(2_500)] as const,
    );
    const record = made(
      { headers, body: utf8("b".repeat(MAX_BODY_SHOWN + 1)) },
      {},
      { ...VERDICT, reason: "r".repeat(10_000) },
    );
    const entries = Object.entries(record.headers);
    expect({
      headers: entries.length,
      name: Math.max(...entries.map(([name]) => name.length)),
      value: Math.max(...entries.map(([, value]) => value.length)),
      body: record.body?.length,
      reason: record.reason.length,
    }).toEqual({
      headers: MAX_HEADERS,
      name: MAX_HEADER_NAME,
      value: MAX_HEADER_VALUE,
      body: MAX_BODY_SHOWN,
      reason: MAX_REASON,
    });
  });

  test("to what fits a row a hundred times over, whatever the bytes are", () => {
    for (const filler of ["\u0000", "€", "\u{1f600}", '"', "\u001b", "\\"]) {
      const headers = Array.from(
        { length: 60 },
        (_, index) => [`x-${index}-${"n".repeat(100)}`, "€".repeat(1_000)] as const,
      );
      const record = made(
        { headers, body: utf8(filler.repeat(2_000)) },
        {},
        { ...VERDICT, reason: filler.repeat(2_000) },
      );
      expect(
        utf8(JSON.stringify(Array.from({ length: 100 }, () => record))).byteLength,
      ).toBeLessThan(2_000_000);
    }
  });

  test("bytes that are no text are told apart from none", () => {
    expect(made({ body: new Uint8Array([0xff, 0x41, 0x00]) }).body).toBe("\ufffdA\ufffd");
    expect(made({ body: new Uint8Array() }).body).toBe("");
  });
});
