import { fault, ok } from "../../../../src/kernel/result.ts";
import { checkGrant } from "../../../../src/stream/centrifugo/session.ts";
import { describe, expect, test } from "vitest";
import {
  couldOpenJob,
  MAX_PATTERNS,
  mayOpenChannels,
  mayOpenJob,
  readClaims,
  subprotocolOf,
  tokenFrom,
  type Grant,
} from "../../../../src/stream/auth/tokens.ts";

const NOW = 1_800_000_000_000;
const SECONDS = NOW / 1_000;

const grant = (channels: readonly string[] | null, account = "acme"): Grant => ({
  kind: "account",
  account,
  channels,
  expires: NOW + 1_000,
});
const ADMIN: Grant = { kind: "admin" };

describe("the claims of a token", () => {
  test("name the account, the end and, when given, the patterns", () => {
    expect(readClaims({ sub: "acme", exp: SECONDS + 60 }, NOW)).toEqual({
      ok: true,
      value: { kind: "account", account: "acme", channels: null, expires: NOW + 60_000 },
    });
    expect(
      readClaims(
        { sub: "acme", exp: SECONDS + 0.5, channels: ["export.*"], iat: 1, jti: "x" },
        NOW,
      ),
    ).toEqual({
      ok: true,
      value: { kind: "account", account: "acme", channels: ["export.*"], expires: NOW + 500 },
    });
  });

  test("with an empty list of patterns open nothing, which is not the whole account", () => {
    const read = readClaims({ sub: "acme", exp: SECONDS + 60, channels: [] }, NOW);
    expect(read.ok && mayOpenJob(read.value, "acme", "g1")).toBe(false);
    expect(read.ok && mayOpenChannels(read.value, "acme", ["user:acme"])).toBe(false);
  });

  test.each([
    ["no object", "text", "claims"],
    ["nothing", null, "claims"],
    ["no sub", { exp: SECONDS + 60 }, "claims"],
    ["an empty sub", { sub: "", exp: SECONDS + 60 }, "claims"],
    ["a sub that is no text", { sub: 7, exp: SECONDS + 60 }, "claims"],
    ["no exp", { sub: "acme" }, "claims"],
    ["an exp as text", { sub: "acme", exp: String(SECONDS + 60) }, "claims"],
    ["an infinite exp", { sub: "acme", exp: Number.POSITIVE_INFINITY }, "claims"],
    ["an exp in milliseconds", { sub: "acme", exp: NOW + 60_000 }, "claims"],
    ["an exp just over the largest", { sub: "acme", exp: 9_000_000_001 }, "claims"],
    ["an exp of this very instant", { sub: "acme", exp: SECONDS }, "expired"],
    ["an exp of a millisecond ago", { sub: "acme", exp: SECONDS - 0.001 }, "expired"],
    ["an nbf as text", { sub: "acme", exp: SECONDS + 60, nbf: "1" }, "claims"],
    [
      "an nbf of more than five seconds ahead",
      { sub: "acme", exp: SECONDS + 60, nbf: SECONDS + 5.001 },
      "early",
    ],
    [
      "channels that are no list",
      { sub: "acme", exp: SECONDS + 60, channels: "exports:acme" },
      "claims",
    ],
    ["channels of null", { sub: "acme", exp: SECONDS + 60, channels: null }, "claims"],
    ["a pattern that is no text", { sub: "acme", exp: SECONDS + 60, channels: ["a", 1] }, "claims"],
    ["an empty pattern", { sub: "acme", exp: SECONDS + 60, channels: [""] }, "claims"],
    [
      "one pattern too many",
      {
        sub: "acme",
        exp: SECONDS + 60,
        channels: Array.from({ length: MAX_PATTERNS + 1 }, () => "a"),
      },
      "claims",
    ],
  ])("with %s are refused", (_, claims, reason) => {
    expect(readClaims(claims, NOW)).toEqual({ ok: false, fault: reason });
  });

  test.each([
    ["the largest exp", { sub: "acme", exp: 9_000_000_000 }],
    ["an nbf of five seconds ahead", { sub: "acme", exp: SECONDS + 60, nbf: SECONDS + 5 }],
    [
      "as many patterns as may be",
      { sub: "acme", exp: SECONDS + 60, channels: Array.from({ length: MAX_PATTERNS }, () => "a") },
    ],
  ])("with %s are accepted", (_, claims) => {
    expect(readClaims(claims, NOW).ok).toBe(true);
  });
});

describe("a job", () => {
  test.each<[string, Grant, string, boolean]>([
    ["the admin", ADMIN, "acme", true],
    ["a token of its account", grant(null), "acme", true],
    ["a token of another account", grant(null), "globex", false],
    ["a token of another account that names it", grant(["export.g1.job"]), "globex", false],
    ["a token of its account that names it", grant(["export.g1.job"]), "acme", true],
    ["a token that names another job", grant(["export.g2.job"]), "acme", false],
    ["a token that names a job with a longer guid", grant(["export.g11.job"]), "acme", false],
    ["a token for all exports of its account", grant(["exports:acme"]), "acme", true],
    ["a token for all exports of another account", grant(["exports:globex"]), "acme", false],
    [
      "a token for all exports of another account, asked there",
      grant(["exports:globex"]),
      "globex",
      false,
    ],
    ["a token for the webhooks alone", grant(["webhooks:acme"]), "acme", false],
    ["a token with a pattern of jobs", grant(["export.g*"]), "acme", true],
    ["a token with a pattern of other jobs", grant(["export.x*"]), "acme", false],
    ["a token with a pattern of everything", grant(["*"]), "acme", true],
    [
      "a token with a pattern of everything, of another account",
      grant(["*"], "globex"),
      "acme",
      false,
    ],
    ["a token with a pattern of channels of its account", grant(["exports:*"]), "acme", true],
    [
      "a token with a star in the middle, which is no pattern",
      grant(["export.*.job"]),
      "acme",
      false,
    ],
    ["a token without any pattern", grant([]), "acme", false],
  ])("is opened by %s or not", (_, holder, account, opens) => {
    expect(mayOpenJob(holder, account, "g1")).toBe(opens);
  });

  test("may be opened if it belongs to the account, which the Worker cannot know", () => {
    expect(
      [grant(null), grant(["export.g1.job"]), grant(["exports:acme"]), ADMIN].map((holder) =>
        couldOpenJob(holder, { source: "comments", guid: "g1" }),
      ),
    ).toEqual([true, true, true, true]);
    expect(
      [grant(["export.g2.job"]), grant(["user:acme"]), grant([])].map((holder) =>
        couldOpenJob(holder, { source: "comments", guid: "g1" }),
      ),
    ).toEqual([false, false, false]);
  });
});

describe("a token for a job of one source", () => {
  const holder = { ...(grant(["export.g1.job"]) as object), source: "comments" } as Grant;

  test.each([
    ["that job", "comments", "g1", true],
    ["no job of that guid from another source", "email", "g1", false],
    ["no other job of that source", "comments", "g2", false],
  ])("opens %s", (_, source, guid, opens) => {
    expect(couldOpenJob(holder, { source, guid })).toBe(opens);
  });

  test("opens no channel of its account, where jobs of every source are shown", () => {
    expect(mayOpenChannels(holder, "acme", ["export.g1.job"])).toBe(false);
    expect(checkGrant(ok(holder), null, { account: "acme", now: 0 })).toEqual(fault("claims"));
  });

  test("has a source that is a text", () => {
    const claims = { sub: "acme", exp: 2_000_000_000, source: "comments" };
    expect(readClaims(claims, 0)).toMatchObject({ ok: true, value: { source: "comments" } });
    for (const source of ["", 7, null, ["comments"]])
      expect(readClaims({ ...claims, source }, 0)).toEqual(fault("claims"));
  });
});

describe("channels", () => {
  test.each<[Grant, readonly string[], boolean]>([
    [ADMIN, ["user:acme"], true],
    [grant(null), ["exports:acme", "webhooks:acme", "user:acme", "export.g1.job"], true],
    [grant(null, "globex"), ["exports:acme"], false],
    [grant(["exports:acme"]), ["exports:acme", "export.g1.job"], true],
    [grant(["exports:acme"]), ["exports:acme", "webhooks:acme"], false],
    [grant(["export.g1.job"]), ["exports:acme"], false],
    [grant(["export.g1.job"]), ["export.g1.job", "export.g2.job"], false],
    [grant(["exp*"]), ["exports:acme", "export.g2.job"], true],
    [grant(["exp*"]), ["user:acme"], false],
    [grant(null), [], false],
  ])("%j opens %j: %j", (holder, channels, opens) => {
    expect(mayOpenChannels(holder, "acme", channels)).toBe(opens);
  });
});

const sources = (members: Partial<Parameters<typeof tokenFrom>[0]>) =>
  tokenFrom({ authorization: null, protocols: null, query: null, ...members });

test.each([
  ["nowhere", {}, null],
  ["Authorization", { authorization: "Bearer abc" }, "abc"],
  ["Authorization in any case and spacing", { authorization: "bearer   abc " }, "abc"],
  ["another scheme", { authorization: "Basic abc" }, null],
  ["a scheme without a token", { authorization: "Bearer " }, null],
  ["a token with a space in it", { authorization: "Bearer a b" }, null],
  ["the query", { query: "abc" }, "abc"],
  ["an empty query", { query: "" }, null],
  ["the subprotocols", { protocols: "jobrelay.v1, abc" }, "abc"],
  ["the subprotocols without the relay's own", { protocols: "abc" }, null],
  ["the subprotocols without a token", { protocols: "jobrelay.v1" }, null],
  ["the subprotocols and the query", { protocols: "jobrelay.v1", query: "abc" }, "abc"],
  [
    "everywhere, the header wins",
    { authorization: "Bearer one", protocols: "jobrelay.v1, two", query: "three" },
    "one",
  ],
])("in %s is found or not", (_, members, token) => {
  expect(sources(members)).toBe(token);
});

describe("the token of a request", () => {
  test.each([
    [null, null],
    ["jobrelay.v1", "jobrelay.v1"],
    ["abc,jobrelay.v1", "jobrelay.v1"],
    ["jobrelay.v2, abc", null],
  ])("offered with the protocols %j is answered with %j", (header, answer) => {
    expect(subprotocolOf(header)).toBe(answer);
  });
});
