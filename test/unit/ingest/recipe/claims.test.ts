// What requests claim: which headers count, and what contradicts itself or cannot be read.

import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readClaims } from "../../../../src/ingest/recipe/claims.ts";
import { furthest, type RecipeFault } from "../../../../src/ingest/recipe/faults.ts";
import {
  partiesFault,
  readJwt,
  validityFault,
  type Jwt,
} from "../../../../src/ingest/recipe/jwt.ts";
import { exactNumber } from "../../../../src/kernel/json/exact-number.ts";
import type { JsonObject } from "../../../../src/kernel/json.ts";
import { check, compiled, posted } from "./build.ts";

const BODY = '{"ping":1}';
const SECRET = "jobrelay-test";
/** SHA-256 of the body. */
const HASH = "64877f16df2e7bc1e4229fe1559ccf65b3c87f1f70512d0fb1cc8cc3232e9778";
const given = { body: BODY, secret: SECRET, now: 0 };

const macOf = (text: string): string => createHmac("sha256", SECRET).update(text).digest("hex");
const HEX = macOf(BODY);

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const SIGNED = `${part({ alg: "HS256" })}.${part({})}`;
const TOKEN = `${SIGNED}.${createHmac("sha256", SECRET).update(SIGNED).digest("base64url")}`;

describe("the headers of a recipe", () => {
  const between = { header: "x-*-sig" };
  const both = { header: ["x-a", "x-b"] };

  test.each<[string, unknown, Readonly<Record<string, string>>, string]>([
    ["between two texts", between, { "x-a-sig": HEX }, "verified"],
    ["that overlap", between, { "x-sig": HEX }, "missing-signature"],
    ["of another end", between, { "x-a-mac": HEX }, "missing-signature"],
    ["of which one holds", both, { "x-a": HEX, "x-b": macOf("x") }, "verified"],
    [
      "of which one is too long",
      both,
      { "x-a": HEX, "x-b": "a".repeat(8_193) },
      "malformed-signature",
    ],
    [
      "with white space inside",
      { header: "x-s", layout: "t={t},v1={sig}" },
      { "x-s": `t=0,v1= ${HEX}` },
      "verified",
    ],
  ])("%s", async (_, recipe, headers, outcome) => {
    expect(await check(recipe, { ...given, headers })).toBe(outcome);
  });

  test("may have white space around them where a server leaves it", () => {
    const [scheme] = compiled({ header: "x-s", timestamp: "x-t" }).schemes;
    const claimed = (sent: Readonly<Record<string, string>>): unknown => {
      const headers = { get: (name: string) => sent[name] ?? null, keys: () => Object.keys(sent) };
      return scheme && readClaims(scheme, { ...posted({ body: BODY }), headers });
    };
    expect(claimed({ "x-s": " " })).toEqual({ ok: false, fault: { kind: "missing-signature" } });
    expect(claimed({ "x-s": HEX, "x-t": " 17 " })).toMatchObject({ value: { timestamp: 17_000 } });
    expect(claimed({ "x-s": HEX, "x-t": " " })).toMatchObject({ value: { timestamp: null } });
    expect(claimed({ "x-s": HEX })).toMatchObject({ value: { timestamp: null, id: null } });
  });

  test("an id that one of the bases signs has to be one", async () => {
    const recipe = { header: "x-s", base: ["{id}.{body}", "{body}"], id: "x-id" };
    const outcomes = ["a", "a b"].map((id) =>
      check(recipe, { ...given, headers: { "x-s": HEX, "x-id": id } }),
    );
    expect(await Promise.all(outcomes)).toEqual(["verified", "malformed-signature"]);
  });
});

describe("the hash of the body", () => {
  const URL_OF_HOOK = "https://relay.example.com/hooks/test";
  const byQuery = { header: "x-s", base: "{url}", bodyHash: "query:h" };
  const byHeader = { header: "x-s", base: "{url}", bodyHash: "header:x-h" };

  test.each<[string, unknown, string, Readonly<Record<string, string>>, string]>([
    ["in the address", byQuery, `${URL_OF_HOOK}?h=${HASH}`, {}, "verified"],
    ["of another body", byQuery, `${URL_OF_HOOK}?h=${macOf("x")}`, {}, "body-changed"],
    ["that is not there", byQuery, URL_OF_HOOK, {}, "malformed-signature"],
    ["that is no hash", byQuery, `${URL_OF_HOOK}?h=1`, {}, "malformed-signature"],
    ["given twice", byQuery, `${URL_OF_HOOK}?h=${HASH}&h=${HASH}`, {}, "malformed-signature"],
    ["of no address", byQuery, "no address", {}, "malformed-signature"],
    ["in a header", byHeader, URL_OF_HOOK, { "x-h": HASH }, "verified"],
    ["in no header", byHeader, URL_OF_HOOK, {}, "malformed-signature"],
    ["in the wrong place", byHeader, `${URL_OF_HOOK}?x-h=${HASH}`, {}, "malformed-signature"],
  ])("%s", async (_, ...[recipe, url, more, outcome]) => {
    const headers = { "x-s": macOf(url), ...more };
    expect(await check(recipe, { ...given, url, headers })).toBe(outcome);
  });
});

/** A token with these claims. */
const tokenOf = (claims: JsonObject): Jwt => ({
  kid: null,
  claims,
  signature: new Uint8Array(),
  signed: new Uint8Array(),
});

describe("a token", () => {
  const jwt = {};

  test.each<[string, unknown, Readonly<Record<string, string>>, string]>([
    ["as a signature", { header: "x-s", layout: "{sig}", jwt }, { "x-s": TOKEN }, "verified"],
    [
      "after its scheme",
      { header: "x-s", layout: "Bearer {token}", jwt },
      { "x-s": `Bearer ${TOKEN}` },
      "verified",
    ],
    [
      "without its scheme",
      { header: "x-s", layout: "Bearer {token}", jwt },
      { "x-s": TOKEN },
      "malformed-signature",
    ],
    ["in one of two headers", { header: ["x-a", "x-b"], jwt }, { "x-b": TOKEN }, "verified"],
    [
      "in both of them",
      { header: ["x-a", "x-b"], jwt },
      { "x-a": TOKEN, "x-b": TOKEN },
      "malformed-signature",
    ],
  ])("%s", async (_, recipe, headers, outcome) => {
    expect(await check(recipe, { ...given, headers })).toBe(outcome);
  });

  test.each([
    ["a head that is no object", `${part([])}.${part({})}.AAAA`],
    ["a head that is no base64", `A.${part({})}.AAAA`],
    ["a signature that is no base64", `${SIGNED}.A`],
    ["a signature in the other alphabet", `${SIGNED}.+AAA`],
  ])("is not one with %s", (_, text) => {
    expect(readJwt(text, "HS256")).toBeNull();
  });

  test("that names others is right where the recipe names nobody", () => {
    expect(partiesFault(tokenOf({ iss: "x", aud: "y" }), { iss: null, aud: null })).toBeNull();
    expect(partiesFault(tokenOf({}), { iss: null, aud: "b" })).toEqual({ kind: "wrong-issuer" });
  });

  test.each<[string, JsonObject, number, RecipeFault | null]>([
    ["without instants", {}, 300_000, null],
    ["that has expired", { exp: 100 }, 300_000, { kind: "timestamp-too-old", skew: 900_000 }],
    ["that has expired, of any age", { exp: 100 }, 0, null],
    ["that has just expired", { exp: 700 }, 300_000, { kind: "timestamp-too-old", skew: 300_000 }],
    ["that begins later", { nbf: 1_301 }, 300_000, { kind: "timestamp-too-new", skew: 301_000 }],
    ["that begins soon", { nbf: 1_300 }, 300_000, null],
    ["whose beginning is no number", { nbf: "soon" }, 300_000, { kind: "malformed-signature" }],
    ["whose end is no number", { exp: true }, 300_000, { kind: "malformed-signature" }],
    ["that never ends", { exp: exactNumber("1e400") }, 300_000, { kind: "malformed-signature" }],
  ])("%s, at second 1,000", (_, claims, tolerance, fault) => {
    expect(validityFault(tokenOf(claims), 1_000_000, tolerance)).toEqual(fault);
  });
});

test("of several faults the one that came furthest tells the reason, of equals the first", () => {
  const old: RecipeFault = { kind: "timestamp-too-old", skew: 1 };
  const fresh: RecipeFault = { kind: "timestamp-too-new", skew: 2 };
  expect(furthest([{ kind: "wrong-secret" }, old, fresh])).toEqual(old);
  expect(furthest([fresh, old, { kind: "body-changed" }])).toEqual(fresh);
  expect(furthest([])).toEqual({ kind: "missing-signature" });
});
