import { describe, expect, test } from "vitest";
import { corsHeaders, preflightHeaders, originOf } from "../../../../src/stream/auth/origin.ts";
import { answerOf, closingOf, type Refusal } from "../../../../src/stream/http/refusal.ts";
import {
  channelsFor,
  pageLimit,
  pollWait,
  recordCursor,
  sinceOf,
  transportOf,
  unknownParameter,
  type Target,
} from "../../../../src/stream/http/request.ts";
import type { Grant } from "../../../../src/stream/auth/tokens.ts";

const grant = (channels: readonly string[] | null = null): Grant => ({
  kind: "account",
  account: "acme",
  channels,
  expires: 1,
});
const job = (guid: string, source = "comments"): Target => ({ kind: "job", source, guid });
const account = (name: string): Target => ({ kind: "account", account: name });
const NOT_PERMITTED = { ok: false, fault: { kind: "not-permitted" } };

describe("the channels of a target that a grant opens, as far as the Worker knows", () => {
  test.each<[string, Target, Grant, unknown]>([
    ["a job", job("g1"), grant(), { ok: true, value: ["export.g1.job"] }],
    ["a job, for the admin", job("g1"), { kind: "admin" }, { ok: true, value: ["export.g1.job"] }],
    [
      "a job that a narrow token names",
      job("g1"),
      grant(["export.g1.job"]),
      { ok: true, value: ["export.g1.job"] },
    ],
    ["a job that a narrow token does not name", job("g2"), grant(["export.g1.job"]), NOT_PERMITTED],
    ["a job of a source that cannot be", job("g1", "No Source"), { kind: "admin" }, NOT_PERMITTED],
    ["a job without a guid", job(""), grant(), NOT_PERMITTED],
    [
      "a job whose object's name is as long as may be",
      job("g".repeat(255)),
      grant(),
      { ok: true, value: [`export.${"g".repeat(255)}.job`] },
    ],
    ["a job whose guid is too long", job("g".repeat(256)), grant(), NOT_PERMITTED],
    ["a job whose guid is too long in UTF-16 units", job("😀".repeat(128)), grant(), NOT_PERMITTED],
    [
      "its account",
      account("acme"),
      grant(),
      { ok: true, value: ["exports:acme", "webhooks:acme", "user:acme"] },
    ],
    ["another account", account("globex"), grant(), NOT_PERMITTED],
    [
      "another account, for the admin",
      account("globex"),
      { kind: "admin" },
      { ok: true, value: ["exports:globex", "webhooks:globex", "user:globex"] },
    ],
    ["an account without a name", account(""), { kind: "admin" }, NOT_PERMITTED],
    [
      "an account whose name is too long",
      account("a".repeat(256)),
      { kind: "admin" },
      NOT_PERMITTED,
    ],
  ])("%s", (_, target, holder, seen) => {
    expect(channelsFor(target, holder, { lists: [], names: [] })).toEqual(seen);
  });

  test("a foreign account is not permitted even when its channels are nonsense", () => {
    const nonsense = { lists: ["nonsense"], names: [] };
    expect(channelsFor(account("globex"), grant(), nonsense)).toEqual(NOT_PERMITTED);
    expect(channelsFor(account("acme"), grant(), nonsense)).toMatchObject({
      fault: { kind: "bad-request" },
    });
  });

  test("channels that a narrow token does not name are not permitted", () => {
    const other = { lists: [], names: ["user:acme"] };
    expect(channelsFor(account("acme"), grant(["exports:acme"]), other)).toEqual(NOT_PERMITTED);
  });

  test("channels are named in lists, and one by one where a list could be read in two ways", () => {
    const both = "export.x.job,export.y.job";
    const admin: Grant = { kind: "admin" };
    expect(channelsFor(account("acme"), admin, { lists: [both], names: [] })).toEqual({
      ok: true,
      value: ["export.x.job", "export.y.job"],
    });
    expect(channelsFor(account("acme"), admin, { lists: [], names: [both] })).toEqual({
      ok: true,
      value: [both],
    });
    expect(
      channelsFor(account("acme"), admin, { lists: ["user:acme"], names: [both, " user:acme"] }),
    ).toMatchObject({ ok: false });
  });
});

test.each([
  ["websocket", null, "websocket"],
  ["WebSocket", "text/event-stream", "websocket"],
  ["h2c", null, "none"],
  [null, "text/event-stream", "sse"],
  [null, "Text/Event-Stream", "sse"],
  [null, "text/html, text/event-stream;q=0.9, */*", "sse"],
  [null, "*/*", "none"],
  [null, "text/event-streams", "none"],
  [null, "application/json", "none"],
  [null, null, "none"],
])("an upgrade to %j accepting %j wants %s", (upgrade, accept, transport) => {
  expect(transportOf(upgrade, accept)).toBe(transport);
});

test.each([
  [null, null, null],
  ["", "", null],
  [null, "b", "b"],
  ["a", null, "a"],
  ["a", "b", "a"],
  ["", "b", "b"],
])("Last-Event-ID %j and since %j resume from %j", (lastEventId, since, cursor) => {
  expect(sinceOf(lastEventId, since)).toBe(cursor);
});

test.each([
  [null, 100],
  ["", 100],
  ["1", 1],
  ["1000", 1_000],
  ["1001", null],
  ["0", null],
  ["-1", null],
  ["1.5", null],
  ["99999", null],
])("a limit of %j is %j", (text, limit) => {
  expect(pageLimit(text)).toBe(limit);
});

test.each([
  [null, 0],
  ["", 0],
  ["0", 0],
  ["1", 1_000],
  ["25", 25_000],
  ["26", null],
  ["-1", null],
  ["1.5", null],
  ["025", null],
])("a wait of %j is %j ms", (text, wait) => {
  expect(pollWait(text)).toBe(wait);
});

test.each([
  [null, 0],
  ["", 0],
  ["0", 0],
  ["17", 17],
  ["999999999999999", 999_999_999_999_999],
  ["1000000000000000", null],
  ["-1", null],
  ["1.5", null],
  ["x", null],
])("a cursor of records of %j is %j", (text, cursor) => {
  expect(recordCursor(text)).toBe(cursor);
});

describe("a parameter", () => {
  test("that is unknown is named, the first one, with those that are allowed", () => {
    expect(unknownParameter(["since", "sinec", "chanel"], ["since", "token"])).toEqual({
      kind: "bad-request",
      detail: "`sinec` is unknown; allowed are since, token.",
    });
  });

  test("that is known may be given, once or several times", () => {
    expect(unknownParameter(["since", "since"], ["since", "token"])).toBeNull();
    expect(unknownParameter([], ["since"])).toBeNull();
  });
});

describe("an origin", () => {
  const OWN = "https://relay.example.com";

  test.each([
    [null, [], "none"],
    [OWN, [], "allowed"],
    ["https://app.example.com", [], "refused"],
    ["https://app.example.com", ["https://app.example.com"], "allowed"],
    ["https://app.example.com.evil.test", ["https://app.example.com"], "refused"],
    ["http://relay.example.com", [], "refused"],
    ["https://relay.example.com:444", [], "refused"],
    ["null", [], "refused"],
    ["https://any.test", ["*"], "allowed"],
  ])("%j with %j allowed is %s", (origin, allowed, kind) => {
    expect(originOf(origin, OWN, allowed).kind).toBe(kind);
  });

  test("that is allowed is named in the answer, and never by a star", () => {
    const visitor = originOf("https://app.example.com", OWN, ["*"]);
    expect(corsHeaders(visitor)).toMatchObject({
      "access-control-allow-origin": "https://app.example.com",
      vary: "Origin",
    });
    expect(preflightHeaders(visitor)).toMatchObject({
      "access-control-allow-headers": "authorization, last-event-id",
      "access-control-allow-methods": "GET",
    });
  });

  test("that is not allowed gets no CORS header", () => {
    expect(corsHeaders(originOf("https://evil.test", OWN, []))).toEqual({ vary: "Origin" });
  });
});

describe("a refusal", () => {
  test.each<[Refusal, number, number | null]>([
    [{ kind: "configuration" }, 503, null],
    [{ kind: "origin" }, 403, 4507],
    [{ kind: "token", reason: "expired" }, 401, 4500],
    [{ kind: "not-permitted" }, 404, 4507],
    [{ kind: "bad-request", detail: "d" }, 400, 4501],
    [{ kind: "not-acceptable" }, 406, null],
    [{ kind: "full" }, 429, 4013],
    [{ kind: "unavailable" }, 503, null],
  ])("%j is %i over HTTP and %j over WebSocket", (refusal, status, code) => {
    expect([answerOf(refusal).problem.status, closingOf(refusal)?.code ?? null]).toEqual([
      status,
      code,
    ]);
  });

  test("of a token looks the same for every reason", () => {
    expect(answerOf({ kind: "token", reason: "signature" })).toEqual(
      answerOf({ kind: "token", reason: "missing" }),
    );
  });

  test("that is temporary says when to come back", () => {
    for (const kind of ["configuration", "full", "unavailable"] as const)
      expect(answerOf({ kind }).headers["retry-after"]).toMatch(/^\d+$/);
  });
});
