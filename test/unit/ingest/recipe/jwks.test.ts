import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkUrl } from "../../../../src/config/url-policy.ts";
import {
  JWKS_FRESH,
  JWKS_REFETCH_EVERY,
  JWKS_RETRY_EVERY,
  JWKS_STALE,
  jwksStore,
  MAX_JWKS_BYTES,
} from "../../../../src/ingest/recipe/keys/jwks.io.ts";
import { check } from "./build.ts";

const BODY = '{"ping":1}';
const URL_OF_KEYS = "https://keys.example.com/jwks.json";

const RSA = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const OTHER_RSA = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const ED = generateKeyPairSync("ed25519");
const P256 = generateKeyPairSync("ec", { namedCurve: "P-256" });

const jwk = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: "jwk" }), ...more });
const setOf = (...keys: readonly object[]): string => JSON.stringify({ keys });

/** A host of keys that counts how often it is asked. */
function keyHost(first: () => Response) {
  const calls: RequestInit[] = [];
  let answer = first;
  const store = jwksStore({
    fetch: (_, init) => {
      calls.push(init);
      return Promise.resolve().then(answer);
    },
    checkUrl: (url) => checkUrl(url, { allowPrivate: false }),
  });
  return {
    calls,
    store,
    answerWith: (next: () => Response) => {
      answer = next;
    },
  };
}

const RECIPE = { header: "x-s", digest: "rs256", encoding: "base64", keys: URL_OF_KEYS };
const signedBy = (key: KeyObject) => ({
  "x-s": sign("sha256", Buffer.from(BODY), key).toString("base64"),
});
const BY_RSA = signedBy(RSA.privateKey);
const BY_OTHER = signedBy(OTHER_RSA.privateKey);
const given = { body: BODY, now: 0, secrets: [] };
const ok = (text: string) => () => new Response(text);

describe("keys by URL", () => {
  test("verify RSA, ed25519 and P-256, each by its own key of the set", async () => {
    const keys = setOf(jwk(ED.publicKey), jwk(P256.publicKey), jwk(RSA.publicKey));
    const { store } = keyHost(ok(keys));
    const jwks = { ...given, jwks: store };
    expect(await check(RECIPE, { ...jwks, headers: BY_RSA })).toBe("verified");
    const ed = { "x-s": sign(null, Buffer.from(BODY), ED.privateKey).toString("hex") };
    expect(await check({ ...RECIPE, digest: "ed25519" }, { ...jwks, headers: ed })).toBe(
      "verified",
    );
    const head = Buffer.from('{"alg":"ES256","kid":"none"}').toString("base64url");
    const data = Buffer.from(`${head}.${Buffer.from("{}").toString("base64url")}`);
    const es = sign("sha256", data, { key: P256.privateKey, dsaEncoding: "ieee-p1363" });
    const named = { "x-s": `${data}.${es.toString("base64url")}` };
    const recipe = { header: "x-s", jwt: { alg: "ES256" }, keys: URL_OF_KEYS };
    expect(await check(recipe, { ...jwks, headers: named })).toBe("wrong-secret");
    const unnamed = Buffer.from('{"alg":"ES256"}').toString("base64url");
    const again = Buffer.from(`${unnamed}.${Buffer.from("{}").toString("base64url")}`);
    const mac = sign("sha256", again, { key: P256.privateKey, dsaEncoding: "ieee-p1363" });
    const right = { "x-s": `${again}.${mac.toString("base64url")}` };
    expect(await check(recipe, { ...jwks, headers: right })).toBe("verified");
  });

  test("are read once an hour", async () => {
    const { store, calls } = keyHost(ok(setOf(jwk(RSA.publicKey))));
    for (const now of [0, 1, JWKS_FRESH - 1])
      expect(await check(RECIPE, { ...given, jwks: store, now, headers: BY_RSA })).toBe("verified");
    expect(calls).toHaveLength(1);
    await check(RECIPE, { ...given, jwks: store, now: JWKS_FRESH, headers: BY_RSA });
    expect(calls).toHaveLength(2);
  });

  test("are asked for without following redirects, and with a deadline", async () => {
    const { store, calls } = keyHost(ok(setOf(jwk(RSA.publicKey))));
    await check(RECIPE, { ...given, jwks: store, headers: BY_RSA });
    expect(calls[0]).toMatchObject({ method: "GET", redirect: "manual" });
    expect(calls[0]?.signal).toBeInstanceOf(AbortSignal);
  });

  test("are read anew at most once a minute for a key that nobody knows", async () => {
    const { store, calls } = keyHost(ok(setOf(jwk(RSA.publicKey))));
    const outcomes: string[] = [];
    for (const now of [0, 1, JWKS_REFETCH_EVERY - 1, JWKS_REFETCH_EVERY, JWKS_REFETCH_EVERY + 1])
      outcomes.push(await check(RECIPE, { ...given, jwks: store, now, headers: BY_OTHER }));
    expect(outcomes).toEqual(Array.from({ length: 5 }, () => "wrong-secret"));
    expect(calls).toHaveLength(2);
  });

  test("that changed are found without waiting for the hour", async () => {
    const { store, answerWith } = keyHost(ok(setOf(jwk(RSA.publicKey))));
    await check(RECIPE, { ...given, jwks: store, headers: BY_RSA });
    answerWith(ok(setOf(jwk(RSA.publicKey), jwk(OTHER_RSA.publicKey))));
    const later = { ...given, jwks: store, now: JWKS_REFETCH_EVERY, headers: BY_OTHER };
    expect(await check(RECIPE, later)).toBe("verified");
  });

  test("are believed for a day when they cannot be read again", async () => {
    const { store, answerWith } = keyHost(ok(setOf(jwk(RSA.publicKey))));
    await check(RECIPE, { ...given, jwks: store, headers: BY_RSA });
    answerWith(() => new Response("down", { status: 500 }));
    const at = (now: number) => check(RECIPE, { ...given, jwks: store, now, headers: BY_RSA });
    expect(await at(JWKS_FRESH)).toBe("verified");
    expect(await at(JWKS_STALE - 1)).toBe("verified");
    expect(await at(JWKS_STALE + JWKS_REFETCH_EVERY)).toBe("keys-unavailable");
  });

  test("that cannot be read do not make an unknown key a wrong one", async () => {
    const { store, answerWith } = keyHost(ok(setOf(jwk(RSA.publicKey))));
    await check(RECIPE, { ...given, jwks: store, headers: BY_RSA });
    answerWith(() => new Response(null, { status: 503 }));
    const at = (now: number) => check(RECIPE, { ...given, jwks: store, now, headers: BY_OTHER });
    expect(await at(JWKS_REFETCH_EVERY)).toBe("keys-unavailable");
    expect(await at(JWKS_REFETCH_EVERY + 1)).toBe("keys-unavailable");
  });

  test("are asked for again two seconds after a first failure", async () => {
    const { store, answerWith, calls } = keyHost(() => {
      throw new Error("no route");
    });
    const at = (now: number) => check(RECIPE, { ...given, jwks: store, now, headers: BY_RSA });
    expect(await at(0)).toBe("keys-unavailable");
    expect(await at(JWKS_RETRY_EVERY - 1)).toBe("keys-unavailable");
    expect(calls).toHaveLength(1);
    answerWith(ok(setOf(jwk(RSA.publicKey))));
    expect(await at(JWKS_RETRY_EVERY)).toBe("verified");
  });

  test("may be asked for by several requests at once, each of which gets them", async () => {
    const { store } = keyHost(ok(setOf(jwk(RSA.publicKey))));
    const one = () => check(RECIPE, { ...given, jwks: store, headers: BY_RSA });
    expect(await Promise.all([one(), one(), one()])).toEqual(["verified", "verified", "verified"]);
  });
});

describe("a host of keys", () => {
  const big = `${" ".repeat(MAX_JWKS_BYTES)}${setOf(jwk(RSA.publicKey))}`;
  const weak = generateKeyPairSync("rsa", { modulusLength: 1_024 });

  test.each([
    [
      "a redirect",
      () => new Response(null, { status: 302, headers: { location: "http://10.0.0.1/" } }),
    ],
    ["an error", () => new Response(setOf(jwk(RSA.publicKey)), { status: 500 })],
    ["no content", () => new Response(null, { status: 204 })],
    ["HTML", ok("<html>")],
    ["a list", ok("[]")],
    ["no keys", ok('{"keys":{}}')],
    ["an empty set", ok('{"keys":[]}')],
    ["a set over 64 KiB", ok(big)],
    ["only keys of another kind", ok(setOf(jwk(ED.publicKey)))],
    ["only keys for encryption", ok(setOf(jwk(RSA.publicKey, { use: "enc" })))],
    ["only keys of another algorithm", ok(setOf(jwk(RSA.publicKey, { alg: "PS256" })))],
    ["only a key of 1,024 bits", ok(setOf(jwk(weak.publicKey)))],
    ["only a shared key", ok(setOf({ kty: "oct", k: "AAAA" }))],
    ["keys that are no keys", ok(setOf({ kty: "RSA", n: "!", e: "" }))],
    ["keys of odd types", ok('{"keys":[null,1,[],{"kty":["RSA"]}]}')],
  ])("that answers with %s has no keys to offer", async (_, answer) => {
    const { store } = keyHost(answer);
    expect(await check(RECIPE, { ...given, jwks: store, headers: BY_RSA })).toBe(
      "keys-unavailable",
    );
  });

  test("is not asked when the policy forbids its address by then", async () => {
    const calls: string[] = [];
    const store = jwksStore({
      fetch: (url) => {
        calls.push(url);
        return Promise.resolve(new Response(setOf(jwk(RSA.publicKey))));
      },
      checkUrl: () => ({ ok: false, fault: "must be https" }),
    });
    expect(await check(RECIPE, { ...given, jwks: store, headers: BY_RSA })).toBe(
      "keys-unavailable",
    );
    expect(calls).toEqual([]);
  });

  test("cannot slip in a private or unexpected member", async () => {
    const odd = jwk(RSA.publicKey, {
      key_ops: ["sign"],
      ext: false,
      d: "AAAA",
      use: "sig",
      kid: "k",
    });
    const { store } = keyHost(ok(setOf(odd)));
    expect(await check(RECIPE, { ...given, jwks: store, headers: BY_RSA })).toBe("verified");
  });
});

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An RS256 token that names its key. */
function token(kid: string, key: KeyObject): string {
  const signed = `${part({ alg: "RS256", kid })}.${part({ iss: "g" })}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
}

describe("tokens that name their key", () => {
  const recipe = { header: "x-s", jwt: { alg: "RS256", iss: "g" }, keys: URL_OF_KEYS };
  const keys = setOf(jwk(RSA.publicKey, { kid: "a" }), jwk(OTHER_RSA.publicKey, { kid: "b" }));

  test.each([
    ["the right key", "a", RSA, "verified", 1],
    ["the other key's name", "b", RSA, "wrong-secret", 1],
    ["a name that nobody knows", "c", RSA, "wrong-secret", 2],
  ])("%s", async (...[, kid, pair, reason, reads]) => {
    const { store, calls } = keyHost(ok(keys));
    await check(recipe, { ...given, jwks: store, headers: { "x-s": token("a", RSA.privateKey) } });
    const headers = { "x-s": token(kid, pair.privateKey) };
    const now = JWKS_REFETCH_EVERY;
    expect(await check(recipe, { ...given, jwks: store, now, headers })).toBe(reason);
    expect(calls).toHaveLength(reads);
  });

  test("are not verified by the public key used as a shared one", async () => {
    const { store } = keyHost(ok(keys));
    const headers = { "x-s": token("a", RSA.privateKey).replace(/^[^.]+/, "eyJhbGciOiJIUzI1NiJ9") };
    expect(await check(recipe, { ...given, jwks: store, headers })).toBe("malformed-signature");
  });
});

const pemOf = (key: KeyObject): string => String(key.export({ type: "spki", format: "pem" }));

describe("keys that are written down", () => {
  const pem = pemOf(RSA.publicKey);
  const otherPem = pemOf(generateKeyPairSync("rsa", { modulusLength: 2_048 }).publicKey);

  test.each([
    ["in the recipe", { ...RECIPE, keys: pem }, []],
    ["in the recipe, among others", { ...RECIPE, keys: [otherPem, pem] }, []],
    ["as a secret", { header: "x-s", digest: "rs256" }, [pem]],
    [
      "as a secret with its lines as \\n",
      { header: "x-s", digest: "rs256" },
      [pem.replaceAll("\n", "\\n")],
    ],
  ])("%s", async (_, recipe, secrets) => {
    expect(await check(recipe, { ...given, secrets, headers: BY_RSA })).toBe("verified");
    expect(await check(recipe, { ...given, secrets, headers: BY_OTHER })).toBe("wrong-secret");
  });

  test("verify a signature that was made elsewhere", async () => {
    // Made by node:crypto with a key that was thrown away.
    const body =
      "-----BEGIN PUBLIC KEY-----\n" +
      "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1JMt/xu35NiTPmLiKY+L\n" +
      "bXyQS8P/HCu8idPJumly1ryTRGV1Zoh35xEoh7BFfOTnkeMqWc53ailatgWJhZ+J\n" +
      "kjsjlIyDUhZniSsbSIecrmr3pZ7uw17CFF1cmcjH1CS5ol5fOMsAx1j2jVpktQ+l\n" +
      "i6ni5L3A214abBKxZUEWs/aAbG6T1VcGsZ6+QG/CsknNoDROW6AkeWx+QQwnT7SO\n" +
      "mWB8v72Ra+I+JzH7tnxVxaUONw3pv8wNY7JPE4yWdxzOfNj3OobFawUNmavjU9fk\n" +
      "hnu1zniVLPv+0nAaVeK3QOd5IymZHc1kvPNUX9LprltFUpHPvgucdeaTzjNew8Rn\n" +
      "XwIDAQAB\n-----END PUBLIC KEY-----";
    const signature =
      "PtYeE6ESGJvf9SMxgebA+qPwnQ18YmSgPDQCzwdi9ri678Qryxbx3o9T6Bqg9kJYYVFoAHDNVdKUizMxgM10diIB" +
      "dssekF62NtJCi6BxeRMUH3yavOFacjVNnAS0KNV+qHZi8hPsKx2Pc7r4h3iVR+1CfaKhgMTqh4gI0fVD13tRpSLm" +
      "oPiJZIcSQ84qsKgkdExo/mceu9P1yumfx6uOmI88xSf39z6+Pv1Y8me2MdqoYjx8VujE05Idi523V+dXr5XIPG0M" +
      "g2/UfoQtHWlr3kYH8u1frY4avAWPQtCNtcNRc/xxvS2l47iDqnc7fYeEnazCu0LjnhqOvu8AuHP7JA==";
    const headers = { "x-s": signature };
    expect(await check({ ...RECIPE, keys: body }, { ...given, headers })).toBe("verified");
  });
});

test("fal's recipe verifies over its three headers and the body's hash", async () => {
  const { store } = keyHost(ok(setOf(jwk(ED.publicKey))));
  const hash = "64877f16df2e7bc1e4229fe1559ccf65b3c87f1f70512d0fb1cc8cc3232e9778";
  const signature = sign(null, Buffer.from(`req_1\nuser_1\n1700000000\n${hash}`), ED.privateKey);
  const headers = {
    "x-fal-webhook-request-id": "req_1",
    "x-fal-webhook-user-id": "user_1",
    "x-fal-webhook-timestamp": "1700000000",
    "x-fal-webhook-signature": signature.toString("hex"),
  };
  const sent = { ...given, jwks: store, now: 1_700_000_000_000, headers };
  expect(await check("fal", sent)).toBe("verified");
  expect(await check("fal", { ...sent, body: "{}" })).toBe("wrong-secret");
  const other = { ...headers, "x-fal-webhook-user-id": "user_2" };
  expect(await check("fal", { ...sent, headers: other })).toBe("wrong-secret");
});
