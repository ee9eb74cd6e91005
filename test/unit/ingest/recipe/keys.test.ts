// Keys as they are read: of a set, of a text, and as many as are remembered.

import { describe, expect, test } from "vitest";
import { boundedCache } from "../../../../src/ingest/recipe/keys/cache.ts";
import { jwksOf } from "../../../../src/ingest/recipe/keys/jwks.ts";
import { pemBytes, publicKeyFor, sharedKey } from "../../../../src/ingest/recipe/keys/material.ts";
import type { KeyForm, PublicKeyAlgorithm } from "../../../../src/ingest/recipe/recipe.ts";
import { toHex, utf8 } from "../../../../src/kernel/bytes.ts";

const ED = { kty: "OKP", crv: "Ed25519", x: "ed" };
const RSA = { kty: "RSA", n: "n", e: "e" };
const P256 = { kty: "EC", crv: "P-256", x: "x", y: "y" };

const keysIn = (text: string, algorithm: PublicKeyAlgorithm = "rs256"): unknown =>
  jwksOf(utf8(text), algorithm);
const usable = (key: unknown, algorithm: PublicKeyAlgorithm): unknown =>
  keysIn(JSON.stringify({ keys: [key] }), algorithm);

describe("a set of keys", () => {
  test.each(["", "x", "null", "7", "[]", "{}", '{"keys":{}}', '{"keys":null}'])(
    "is not %s",
    (text) => {
      expect(keysIn(text)).toBeNull();
    },
  );

  test("is read up to its 32nd key", () => {
    const keys = Array.from({ length: 33 }, (_, index) => ({ ...RSA, kid: `k${index}` }));
    expect(keysIn(JSON.stringify({ keys }))).toHaveLength(32);
  });

  test.each<[PublicKeyAlgorithm, object, object]>([
    ["ed25519", ED, ED],
    ["ed25519", { ...ED, alg: "EdDSA", use: "sig" }, ED],
    ["ed25519", { ...ED, alg: "Ed25519" }, ED],
    ["rs256", { ...RSA, alg: "RS256", d: "private", p: "private" }, RSA],
    ["rs256", { ...RSA, alg: null, use: null, crv: "P-256" }, RSA],
    ["es256", { ...P256, alg: "ES256", d: "private" }, P256],
  ])("gives for %s of %j the public part alone", (algorithm, key, jwk) => {
    expect(usable(key, algorithm)).toEqual([{ kid: null, jwk }]);
  });

  test.each<[PublicKeyAlgorithm, unknown]>([
    ["ed25519", RSA],
    ["ed25519", { ...ED, kty: "EC" }],
    ["ed25519", { ...ED, crv: "X25519" }],
    ["ed25519", { ...ED, crv: undefined }],
    ["ed25519", { ...ED, alg: "ES256" }],
    ["ed25519", { ...ED, x: 7 }],
    ["rs256", ED],
    ["rs256", { ...RSA, alg: "RS512" }],
    ["rs256", { ...RSA, alg: "" }],
    ["rs256", { ...RSA, use: "enc" }],
    ["rs256", { ...RSA, n: undefined }],
    ["rs256", { ...RSA, e: 65_537 }],
    ["rs256", "key"],
    ["rs256", null],
    ["es256", { ...P256, crv: "P-384" }],
    ["es256", { ...P256, kty: "OKP" }],
    ["es256", { ...P256, alg: "ES384" }],
    ["es256", { ...P256, y: undefined }],
  ])("has none for %s in %j", (algorithm, key) => {
    expect(usable(key, algorithm)).toEqual([]);
  });

  test("names a key by text alone", () => {
    expect(usable({ ...RSA, kid: "k1" }, "rs256")).toEqual([{ kid: "k1", jwk: RSA }]);
    expect(usable({ ...RSA, kid: 1 }, "rs256")).toEqual([{ kid: null, jwk: RSA }]);
  });
});

describe("what is remembered", () => {
  test("is bounded: the oldest leaves first, and one that is set anew is the youngest", () => {
    const cache = boundedCache<number>(2);
    expect([cache.size, cache.get("a")]).toEqual([0, undefined]);
    cache.set("a", 1);
    cache.set("b", 2);
    expect([cache.size, cache.get("a"), cache.get("b")]).toEqual([2, 1, 2]);
    cache.set("a", 5);
    cache.set("a", 3);
    expect([cache.size, cache.get("a"), cache.get("b")]).toEqual([2, 3, 2]);
    cache.set("c", 4);
    expect(["a", "b", "c"].map((name) => cache.get(name))).toEqual([3, undefined, 4]);
    expect(cache.size).toBe(2);
  });
});

const WHPK = `whpk_${"A".repeat(43)}=`;
const pemOf = (bytes: string, label = "PUBLIC KEY"): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes, "hex").toString("base64")}\n-----END ${label}-----`;
/** Bytes that begin with some in hex, and are so many. */
const padded = (hex: string, bytes: number): string => hex.padEnd(2 * bytes, "0");

const RSA_OID = "06092a864886f70d010101";
const EC_OID = "06072a8648ce3d0201";
const P256_OID = "06082a8648ce3d030107";

describe("a shared key", () => {
  test.each<[KeyForm, string, string]>([
    ["utf8", " ab ", "6162"],
    ["base64", " YWI= ", "6162"],
    ["base64", "abcd", "69b71d"],
    ["hex", "abcd", "abcd"],
    ["whsec", "whsec_YWI=", "6162"],
    ["whsec", "YWI=", "6162"],
  ])("in %s of %j has the bytes %s", (form, text, bytes) => {
    const key = sharedKey(text, form);
    expect(key.ok ? toHex(key.value) : key.fault).toBe(bytes);
  });

  test.each<[KeyForm, string, string]>([
    ["utf8", " ", "is empty"],
    ["base64", "!", "must be base64"],
    ["hex", "xy", "must be hex"],
    ["whsec", "whsec_!", "must be base64 after whsec_"],
    ["whsec", "YWJjwhsec_YWI=", "must be base64 after whsec_"],
    ["hex", ` ${WHPK}`, "is a key of a pair, where a shared secret is needed"],
  ])("in %s is not %j: it %s", (form, text, message) => {
    expect(sharedKey(text, form)).toEqual({ ok: false, fault: message });
  });
});

describe("a public key", () => {
  test("is 32 bytes of ed25519, or a PEM", () => {
    const ed = { kind: "ed25519", bytes: new Uint8Array(32) };
    expect(publicKeyFor(` ${WHPK} `, "ed25519")).toEqual({ ok: true, value: ed });
    const rsa = publicKeyFor(` ${pemOf(padded(RSA_OID, 290))} `, "rs256");
    expect(rsa).toMatchObject({ ok: true, value: { kind: "spki" } });
    expect(publicKeyFor(pemOf(EC_OID + P256_OID), "es256")).toMatchObject({ ok: true });
  });

  test.each<[string, PublicKeyAlgorithm, string, string]>([
    ["too long a text", "rs256", "x".repeat(4_097), "must have at most 4096 characters"],
    ["as long a text as may be", "rs256", "x".repeat(4_096), "must be whpk_… or a PEM"],
    ["no base64", "ed25519", "whpk_!", "must be base64 of 32 bytes after whpk_"],
    [
      "an RSA key of 289 bytes",
      "rs256",
      pemOf(padded(RSA_OID, 289)),
      "must be an RSA key of 2,048 bits or more",
    ],
    [
      "a long key of another kind",
      "rs256",
      pemOf(padded(EC_OID, 290)),
      "must be an RSA key of 2,048 bits or more",
    ],
    ["a key of another curve", "es256", pemOf(EC_OID), "must be a P-256 key"],
    ["a curve without its kind", "es256", pemOf(P256_OID), "must be a P-256 key"],
    ["a key of ed25519", "es256", WHPK, "must be a P-256 key"],
  ])("is not %s", (_, algorithm, text, message) => {
    expect(publicKeyFor(text, algorithm)).toEqual({ ok: false, fault: message });
  });
});

test.each([
  ["lines", "-----BEGIN X-----\nAQ\nID\n-----END X-----", "010203"],
  ["line ends that are written out", "-----BEGIN X-----\\nAQ\\nID\\n-----END X-----\\n", "010203"],
  ["white space around it", " -----BEGIN X-----\nAQID\n-----END X----- \n", "010203"],
  ["another label", "-----BEGIN Y-----\nAQID\n-----END Y-----", null],
  ["no end", "-----BEGIN X-----\nAQIDAQIDAQIDAQIDAQID", null],
  ["no beginning", "AQIDAQIDAQIDAQIDAQID\n-----END X-----", null],
  ["no base64", "-----BEGIN X-----\n!\n-----END X-----", null],
  ["nothing", "-----BEGIN X-----\n-----END X-----", null],
])("a PEM with %s holds %s", (_, text, bytes) => {
  const found = pemBytes(text, "X");
  expect(found === null ? null : toHex(found)).toBe(bytes);
});
