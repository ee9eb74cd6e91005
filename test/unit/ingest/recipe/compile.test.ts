import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileRecipe } from "../../../../src/ingest/recipe/compile/compile.ts";
import { READY_RECIPES } from "../../../../src/ingest/recipe/ready.ts";
import { coversBody, needsSecrets } from "../../../../src/ingest/recipe/scheme.ts";
import { secretFault } from "../../../../src/ingest/recipe/compile/secrets.ts";
import { compiled, mistakesOf, OPTIONS } from "./build.ts";
import { runs } from "../../runs.ts";

const pem = (base64: string) => `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----`;
/** The beginning of an ed25519 key and of an RSA key, as far as their kind is told by it. */
const ED25519_PEM = pem(`MCowBQYDK2VwAyEA${"A".repeat(43)}=`);
const RSA_PEM = pem(`MIIBIjANBgkqhkiG9w0BAQEFAAOC${"A".repeat(364)}`);
const P256_PEM = pem(`MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE${"A".repeat(88)}`);
const WHPK = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
const JWKS = "https://keys.example.com/jwks.json";

describe("the defaults", () => {
  test("are the whole header, the body, HMAC-SHA256, hex, and the secret's text", () => {
    expect(compiled({ header: "X-Signature" }).schemes).toEqual([
      {
        headers: [{ kind: "name", name: "x-signature" }],
        layout: {
          form: "list",
          items: [{ slot: "sig", prefix: "", suffix: "" }],
          separators: ",; ",
          joint: ",",
        },
        timestampHeader: null,
        idHeader: null,
        tolerance: null,
        proof: {
          kind: "mac",
          digest: "sha256",
          encoding: "hex",
          key: "utf8",
          bases: [[{ kind: "body", form: "raw" }]],
        },
        bodyHash: null,
        handshake: null,
      },
    ]);
  });

  test("of a token are HS256 in the whole header", () => {
    const [scheme] = compiled({ header: "authorization", jwt: {} }).schemes;
    expect(scheme?.layout.form).toBe("whole");
    expect(scheme?.proof).toMatchObject({ kind: "jwt", alg: "HS256", encoding: "hex" });
  });
});

test.each([
  [{ header: ["x-a", "x-b"] }],
  [{ header: "x-sig-*" }],
  [{ header: "x-*-sig" }],
  [{ header: "x-s", tolerance: 0 }],
  [{ header: "x-s", tolerance: 86_400 }],
  [{ header: "x-s", digest: "ed25519" }],
  [{ header: "x-s", digest: "ed25519", keys: [WHPK, ED25519_PEM] }],
  [{ header: "x-s", jwt: { alg: "ES256" }, keys: P256_PEM }],
  [{ header: "x-s", digest: "rs256", keys: [JWKS, RSA_PEM] }],
  [{ header: "x-s", digest: "sha1", base: "{body}{secret}", mac: false }],
  [{ header: "x-s", base: "{url}", bodyHash: "query:hash" }],
  [{ header: "x-s", jwt: { alg: "ES256", iss: "a", aud: "b", bodyClaim: "c" }, keys: JWKS }],
  [{ header: "x-s", layout: "{sig}", jwt: {} }],
  [{ header: "x-s", layout: "{token}", id: "x-id" }],
  [[{ header: "x-s" }, "github"]],
  ["standard-webhooks"],
])("%j is right", (data) => {
  expect(mistakesOf(data)).toEqual([]);
});

const HEADER = "must be the name of a header";

test.each<readonly [unknown, readonly string[]]>([
  [undefined, ["verify: must be the name of a recipe, a table, or a list of them"]],
  [null, ["verify: must be the name of a recipe, a table, or a list of them"]],
  [7, ["verify: must be the name of a recipe, a table, or a list of them"]],
  ["nobody", ["verify: names no recipe"]],
  ["__proto__", ["verify: names no recipe"]],
  ["constructor", ["verify: names no recipe"]],
  [[], ["verify: must have 1 to 8 entries"]],
  [Array.from({ length: 9 }, () => "github"), ["verify: must have 1 to 8 entries"]],
  [["generic", "standard-webhooks"], ["verify: must have at most 8 ways of proof"]],
  [["github", "nobody"], ["verify[1]: names no recipe"]],
  [[["github"]], ["verify[0]: must be the name of a recipe or a table"]],
  [{}, ["verify.header: is required"]],
  [{ header: "" }, ["verify.header: must be a string of 1 to 64 characters"]],
  [{ header: [] }, ["verify.header: must have 1 to 8 entries"]],
  [{ header: ["x-a", 1] }, ["verify.header[1]: must be a string of 1 to 64 characters"]],
  [{ header: "x a" }, [`verify.header: ${HEADER}, with at most one * for a part of it`]],
  [{ header: "x\r\ny" }, [`verify.header: ${HEADER}, with at most one * for a part of it`]],
  [{ header: "*" }, [`verify.header: ${HEADER}, with at most one * for a part of it`]],
  [{ header: "x*" }, [`verify.header: ${HEADER}, with at most one * for a part of it`]],
  [{ header: "x-*-*" }, [`verify.header: ${HEADER}, with at most one * for a part of it`]],
  [{ header: "x-s", timestamp: "x t" }, [`verify.timestamp: ${HEADER}`]],
  [{ header: "x-s", id: "x-*" }, [`verify.id: ${HEADER}`]],
  [{ header: "x-s", layout: "" }, ["verify.layout: must be a string of 1 to 128 characters"]],
  [{ header: "x-s", layout: "v1" }, ["verify.layout: must have exactly one of {sig} and {token}"]],
  [{ header: "x-s", base: "none" }, ["verify.base: must have a part of the request, as {body}"]],
  [
    { header: "x-s", base: ["{body}", "none"] },
    ["verify.base[1]: must have a part of the request, as {body}"],
  ],
  [{ header: "x-s", base: "{t}.{body}" }, [t("t", "timestamp")]],
  [{ header: "x-s", base: "{id}.{body}" }, [t("id", "id")]],
  [
    { header: "x-s", layout: "t={t},s={sig}", timestamp: "x-t" },
    ["verify.timestamp: does not go with {t} in layout"],
  ],
  [
    { header: "x-s", digest: "md5" },
    ["verify.digest: must be one of sha256, sha1, sha512, ed25519, rs256"],
  ],
  [{ header: "x-s", encoding: "HEX" }, ["verify.encoding: must be one of hex, base64, base64url"]],
  [{ header: "x-s", key: "raw" }, ["verify.key: must be one of utf8, base64, hex, whsec"]],
  [{ header: "x-s", tolerance: -1 }, [tolerance()]],
  [{ header: "x-s", tolerance: 86_401 }, [tolerance()]],
  [{ header: "x-s", tolerance: "300" }, [tolerance()]],
  [{ header: "x-s", tolerance: Number.NaN }, [tolerance()]],
  [{ header: "x-s", mac: "no" }, ["verify.mac: must be true or false"]],
  [{ header: "x-s", mac: false }, ["verify.base: must have {secret} with mac = false"]],
  [
    { header: "x-s", base: "{body}{secret}" },
    ["verify.base: has {secret}, which needs mac = false"],
  ],
  [
    { header: "x-s", base: "{body}{secret}", mac: false, key: "hex" },
    ["verify.key: does not go with mac = false"],
  ],
  [{ header: "x-s", keys: WHPK }, ["verify.keys: needs digest ed25519 or rs256"]],
  [{ header: "x-s", digest: "rs256", keys: "whpk_AAAA" }, [keys("base64 of 32 bytes after whpk_")]],
  [{ header: "x-s", digest: "rs256", keys: "secret" }, [keys("whpk_… or a PEM")]],
  [
    { header: "x-s", digest: "rs256", keys: "-----BEGIN RSA PUBLIC KEY-----" },
    [keys("a PEM that begins with -----BEGIN PUBLIC KEY-----")],
  ],
  [{ header: "x-s", digest: "rs256", keys: WHPK }, [keys("an RSA key of 2,048 bits or more")]],
  [
    { header: "x-s", digest: "rs256", keys: pem(`MIGfMA0GCSqGSIb3DQEBAQUAA4GN${"A".repeat(188)}`) },
    [keys("an RSA key of 2,048 bits or more")],
  ],
  [{ header: "x-s", digest: "ed25519", keys: P256_PEM }, [keys("an ed25519 key")]],
  [{ header: "x-s", jwt: { alg: "ES256" }, keys: RSA_PEM }, [keys("a P-256 key")]],
  [
    { header: "x-s", digest: "rs256", keys: "http://keys.example.com" },
    ["verify.keys: must be https"],
  ],
  [
    { header: "x-s", digest: "rs256", keys: "https://169.254.169.254/" },
    ["verify.keys: must name a host, not an IP address"],
  ],
  [
    { header: "x-s", digest: "rs256", keys: [JWKS, "https://localhost/x"] },
    ["verify.keys[1]: must name a public host"],
  ],
  [{ header: "x-s", digest: "ed25519", key: "hex" }, ["verify.key: does not go with ed25519"]],
  [
    { header: "x-s", layout: "{token}", base: "{body}", mac: false },
    ["verify.base: does not go with {token}", "verify.mac: does not go with {token}"],
  ],
  [{ header: "x-s", jwt: 1 }, ["verify.jwt: must be a table"]],
  [{ header: "x-s", jwt: { alg: "none" } }, ["verify.jwt.alg: must be one of HS256, RS256, ES256"]],
  [
    { header: "x-s", jwt: { sub: "a" } },
    ["verify.jwt.sub: unknown key, it is one of alg, iss, aud, bodyClaim, encoding"],
  ],
  [{ header: "x-s", jwt: {}, base: "{body}" }, ["verify.base: does not go with jwt"]],
  [{ header: "x-s", jwt: {}, keys: JWKS }, ["verify.keys: needs alg RS256 or ES256"]],
  [
    { header: "x-s", jwt: {}, layout: "t={t},s={sig}" },
    ["verify.layout: must be one {token} with jwt"],
  ],
  [
    { header: "x-s", bodyHash: "body:x" },
    ["verify.bodyHash: must be query:<name> or header:<name>"],
  ],
  [{ header: "x-s", handshake: "x" }, ["verify.handshake: must be a table"]],
  [{ header: "x-s", handshake: { when: "a" } }, ["verify.handshake.reply: is required"]],
  [
    { header: "x-s", handshake: { when: "(", reply: "a" } },
    ["verify.handshake.when: is no expression"],
  ],
  [
    { header: "x-s", handshake: { when: "a", reply: "hmac()" } },
    ["verify.handshake.reply: must have one expression in hmac(…)"],
  ],
  [
    { header: "x-s", digest: "ed25519", handshake: { when: "a", reply: "hmac(a)" } },
    ["verify.handshake.reply: must not call hmac where no shared secret is"],
  ],
])("%j: %j", (data, mistakes) => {
  expect(mistakesOf(data)).toEqual(mistakes);
});

function t(slot: string, field: string): string {
  return `verify.base: has {${slot}}, which neither layout nor ${field} gives`;
}

function tolerance(): string {
  return "verify.tolerance: must be a number of seconds from 0 to 86400";
}

function keys(what: string): string {
  return `verify.keys: must be ${what}, or be the URL of a JWKS`;
}

test("every mistake is named at once", () => {
  const data = { header: 1, layout: "x", base: "y", digest: "z", colour: "red" };
  expect(mistakesOf(data).map((mistake) => mistake.split(":")[0])).toEqual([
    "verify.colour",
    "verify.header",
    "verify.layout",
    "verify.digest",
    "verify.base",
  ]);
});

test("a mistake repeats nothing that may be a secret", () => {
  const secret = "example_live_0123456789 with spaces";
  const data = { header: secret, layout: secret, id: secret, keys: secret, [secret]: secret };
  expect(mistakesOf(data).join("\n")).not.toContain("example_live");
});

test("a name cannot stand for itself", () => {
  const options = { ...OPTIONS, named: () => ["loop"] };
  expect(compileRecipe("loop", options)).toMatchObject({ ok: false });
});

describe("the ready recipes", () => {
  test.each(READY_RECIPES)("%s compiles", (name) => {
    expect(mistakesOf(name)).toEqual([]);
  });

  test("prove the body, all of them", () => {
    const loose = READY_RECIPES.filter((name) => !compiled(name).schemes.every(coversBody));
    expect(loose).toEqual([]);
  });
});

test.each([
  [{ header: "x-s", base: "{url}" }, false],
  [{ header: "x-s", base: ["{body}", "{url}"] }, false],
  [{ header: "x-s", base: "{json:data.taskId}.{t}", timestamp: "x-t" }, false],
  [{ header: "x-s", jwt: {} }, false],
  [{ header: "x-s", jwt: { bodyClaim: "sha256" } }, true],
  [{ header: "x-s", layout: "{token}" }, true],
  [{ header: "x-s", base: "{url}{body|sha256|hex}" }, true],
])("%j proves the body: %s", (data, covers) => {
  expect(compiled(data).schemes.every(coversBody)).toBe(covers);
});

test.each([
  [{ header: "x-s" }, true],
  [{ header: "x-s", digest: "ed25519" }, true],
  [{ header: "x-s", digest: "ed25519", keys: WHPK }, false],
  [{ header: "x-s", jwt: { alg: "RS256" }, keys: JWKS }, false],
  ["fal", false],
])("%j needs secrets: %s", (data, needs) => {
  expect(compiled(data).schemes.some(needsSecrets)).toBe(needs);
});

const PAIR = "is a key of a pair, where a shared secret is needed";

test.each([
  ["github", "anything", null],
  ["github", " ", "is empty"],
  ["github", WHPK, PAIR],
  ["bearer", RSA_PEM, PAIR],
  ["bearer", "", "is empty"],
  ["standard-webhooks", "whsec_c2VjcmV0", null],
  ["standard-webhooks", "v1,whsec_c2VjcmV0", null],
  ["standard-webhooks", "v1,c2VjcmV0", "must be base64 after whsec_"],
  ["standard-webhooks", WHPK, null],
  ["standard-webhooks", "not base64!", "must be base64 after whsec_"],
  ["standard-webhooks", "whsec_", "is empty"],
  ["fal", "anything", "is not needed: the recipe has keys"],
  [{ header: "x-s", key: "hex" }, "xyz", "must be hex"],
  [{ header: "x-s", key: "base64" }, "!", "must be base64"],
  [{ header: "x-s", digest: "ed25519" }, "abc", "must be whpk_… or a PEM"],
  [{ header: "x-s", digest: "rs256" }, WHPK, "must be an RSA key of 2,048 bits or more"],
  [{ header: "x-s", jwt: { alg: "ES256" } }, P256_PEM, null],
])("a secret of %j: %j %s", (data, secret, expected) => {
  expect(secretFault(compiled(data), secret)).toBe(expected);
});

const FIELDS = [
  "header",
  "layout",
  "base",
  "digest",
  "encoding",
  "key",
  "timestamp",
  "id",
  "tolerance",
  "keys",
  "jwt",
  "handshake",
  "mac",
  "bodyHash",
  "__proto__",
] as const;

const word = fc.constantFrom(
  "{sig}",
  "{body}",
  "{t}",
  "{token}",
  "x-*",
  "ed25519",
  "sha1",
  "https://a.example.com",
  "{json:a.__proto__}",
  "v1={sig},t={t}",
  "hmac(",
  "hmac(a)",
);
const value = fc.oneof(
  word,
  fc.array(word, { maxLength: 3 }),
  fc.boolean(),
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(
    fc.constantFrom("when", "reply", "alg", "iss", "x"),
    fc.oneof(word, fc.jsonValue()),
  ),
);
const recipe = fc.dictionary(fc.constantFrom(...FIELDS), value);

test("recipes of any form compile or are refused by name, and never throw", () => {
  const any = fc.oneof(recipe, fc.array(fc.oneof(recipe, fc.string())), fc.jsonValue());
  fc.assert(
    fc.property(any, (data) => {
      const result = compileRecipe(data, OPTIONS);
      const paths = result.ok ? ["verify"] : result.fault.map(({ path }) => path);
      expect(paths.length).toBeGreaterThan(0);
      expect(paths.filter((path) => !path.startsWith("verify"))).toEqual([]);
    }),
    { numRuns: runs(2_000) },
  );
});
