import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { check } from "./build.ts";

const SECRET = "jobrelay-test";
const BODY = '{"ping":1}';
const HEX = "64877f16df2e7bc1e4229fe1559ccf65b3c87f1f70512d0fb1cc8cc3232e9778";
const T = 1_700_000_000;
const given = { body: BODY, secret: SECRET, now: T * 1_000 };

const part = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

function token(claims: unknown, head: unknown = { alg: "HS256" }, secret = SECRET): string {
  const signed = `${part(head)}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** Literal tokens, made with node:crypto from the vendors' descriptions. */
const NETLIFY =
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJuZXRsaWZ5Iiwic2hhMjU2IjoiNjQ4NzdmMTZkZjJlN2Jj" +
  "MWU0MjI5ZmUxNTU5Y2NmNjViM2M4N2YxZjcwNTEyZDBmYjFjYzhjYzMyMzJlOTc3OCJ9." +
  "B_W8ez0KZnQdU5Ua8a23IXrI8Ei-6WSZtIJ07RBfM_0";
const LIVEKIT =
  "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJBUElrZXkiLCJleHAiOjE3MDAwMDAzMDAsIm5iZiI6MTcwMDAwMDAwMCwic2hh" +
  "MjU2IjoiWklkL0Z0OHVlOEhrSXAvaFZaelBaYlBJZng5d1VTMFBzY3lNd3lNdWwzZz0ifQ." +
  "DTsMM1QFXKbxYS249PO8Fkg03R3EH5iBPsLIE31FTxo";

test("Netlify's token verifies, and tells a changed body", async () => {
  const headers = { "x-webhook-signature": NETLIFY };
  expect(await check("netlify", { ...given, headers })).toBe("verified");
  expect(await check("netlify", { ...given, headers, body: '{"ping":2}' })).toBe("body-changed");
  expect(await check("netlify", { ...given, headers, secret: "wrong" })).toBe("wrong-secret");
});

test.each([
  [0, "verified"],
  [600, "timestamp-too-old by 300 s"],
  [599, "verified"],
  [-300, "verified"],
  [-301, "timestamp-too-new by 301 s"],
])("LiveKit's token, %s s after it begins: %s", async (late, reason) => {
  const now = (T + late) * 1_000;
  expect(await check("livekit", { ...given, now, headers: { authorization: LIVEKIT } })).toBe(
    reason,
  );
});

const recipe = { header: "x-s", jwt: { iss: "a", aud: "b", bodyClaim: "sha256" } };
const RIGHT = { iss: "a", aud: "b", sha256: HEX };
const [HEAD = "", CLAIMS = "", MAC = ""] = token(RIGHT).split(".");

test.each([
  ["the right token", token(RIGHT), "verified"],
  ["a list of audiences", token({ ...RIGHT, aud: ["x", "b"] }), "verified"],
  [
    "the hash in base64",
    token({ ...RIGHT, sha256: "ZId/Ft8ue8HkIp/hVZzPZbPIfx9wUS0PscyMwyMul3g=" }),
    "verified",
  ],
  ["another issuer", token({ ...RIGHT, iss: "x" }), "wrong-issuer"],
  ["no issuer", token({ aud: "b", sha256: HEX }), "wrong-issuer"],
  ["another audience", token({ ...RIGHT, aud: "x" }), "wrong-issuer"],
  ["no hash", token({ iss: "a", aud: "b" }), "body-changed"],
  ["a hash that is no text", token({ ...RIGHT, sha256: [HEX] }), "body-changed"],
  ["another key", token(RIGHT, { alg: "HS256" }, "wrong"), "wrong-secret"],
  ["no algorithm", token(RIGHT, { alg: "none" }), "malformed-signature"],
  ["no algorithm and no signature", `${part({ alg: "none" })}.${CLAIMS}.`, "malformed-signature"],
  ["another algorithm", token(RIGHT, { alg: "HS512" }), "malformed-signature"],
  ["a public-key algorithm", token(RIGHT, { alg: "RS256" }), "malformed-signature"],
  ["a critical extension", token(RIGHT, { alg: "HS256", crit: ["b64"] }), "malformed-signature"],
  ["a stripped signature", `${HEAD}.${CLAIMS}.`, "malformed-signature"],
  ["a short signature", `${HEAD}.${CLAIMS}.${MAC.slice(0, 20)}`, "wrong-secret"],
  ["four parts", `${HEAD}.${CLAIMS}.${MAC}.x`, "malformed-signature"],
  ["claims that are no object", token("[]"), "malformed-signature"],
  ["claims nested too deep", token("[".repeat(2_000)), "malformed-signature"],
  ["a lower-case head", token(RIGHT, { ALG: "HS256" }), "malformed-signature"],
  ["an expiry that is no number", token({ ...RIGHT, exp: "tomorrow" }), "malformed-signature"],
  ["padding", `${HEAD}=.${CLAIMS}.${MAC}`, "malformed-signature"],
  ["nothing", "", "missing-signature"],
  ["two tokens", `${token(RIGHT)}, ${token(RIGHT)}`, "malformed-signature"],
  ["a token of 100 kB", token({ ...RIGHT, x: "x".repeat(75_000) }), "malformed-signature"],
])("%s", async (_, value, reason) => {
  expect(await check(recipe, { ...given, headers: { "x-s": value } })).toBe(reason);
});

describe("claims named like parts of a prototype", () => {
  test.each(["__proto__", "constructor", "toString"])("%s is no hash", async (bodyClaim) => {
    const odd = { header: "x-s", jwt: { bodyClaim } };
    expect(await check(odd, { ...given, headers: { "x-s": token({}) } })).toBe("body-changed");
  });
});
