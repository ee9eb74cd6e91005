// The parts of a compiled recipe, and the limits of one.

import { describe, expect, test } from "vitest";
import { compileRecipe } from "../../../../src/ingest/recipe/compile/compile.ts";
import { secretFault } from "../../../../src/ingest/recipe/compile/secrets.ts";
import { READY_RECIPES } from "../../../../src/ingest/recipe/ready.ts";
import type { VerifyData } from "../../../../src/ingest/recipe/recipe.ts";
import { coversBody, needsSecrets } from "../../../../src/ingest/recipe/scheme.ts";
import { compiled, mistakesOf, OPTIONS } from "./build.ts";

const JWKS = "https://keys.example.com/jwks.json";
const WHPK = `whpk_${"A".repeat(43)}=`;
const HMAC = { when: "a", reply: "hmac(a)" };
const HEADER = "must be the name of a header, with at most one * for a part of it";

describe("the ready recipes", () => {
  test("are these, as they are listed to people", () => {
    expect(READY_RECIPES.join(" ")).toBe(
      "bearer generic standard-webhooks svix exportcomments emailengine betterez github stripe " +
        "shopify slack twilio hookdeck heroku elevenlabs sync-so zoom cloudinary netlify livekit fal",
    );
  });

  test.each([
    ["generic", ["webhook", "webhook", "x", "x", "authorization"]],
    ["standard-webhooks", ["webhook", "webhook", "svix", "svix"]],
    ["svix", ["svix", "svix", "webhook", "webhook"]],
  ])("%s tries the headers of %j in turn", (name, prefixes) => {
    const names = compiled(name).schemes.map(({ headers: [header] }) =>
      header?.kind === "name" ? header.name.replace("-signature", "") : null,
    );
    expect(names).toEqual(prefixes);
  });
});

test.each<[string, object, object]>([
  [
    "a pattern",
    { header: "X-Sig-*" },
    { headers: [{ kind: "pattern", before: "x-sig-", after: "" }] },
  ],
  [
    "a short pattern",
    { header: "a*bc" },
    { headers: [{ kind: "pattern", before: "a", after: "bc" }] },
  ],
  ["a hash in the address", { bodyHash: "query:h" }, { bodyHash: { place: "query", name: "h" } }],
  [
    "a hash in a header",
    { bodyHash: "header:x-h" },
    { bodyHash: { place: "header", name: "x-h" } },
  ],
  [
    "a token",
    { jwt: {} },
    { layout: { form: "whole", item: { slot: "token", prefix: "", suffix: "" } } },
  ],
  ["no keys of a token", { jwt: {} }, { proof: { keys: [], key: "utf8", encoding: "hex" } }],
  [
    "how a token is signed",
    { jwt: { encoding: "base64" }, key: "base64" },
    { proof: { key: "base64", encoding: "base64" } },
  ],
  [
    "keys by their URL",
    { digest: "rs256", keys: JWKS },
    { proof: { keys: [{ kind: "jwks", url: JWKS }] } },
  ],
])("a recipe has %s", (_, data, scheme) => {
  expect(compiled({ header: "x-s", ...data }).schemes).toMatchObject([scheme]);
});

test.each<[string, unknown]>([
  ["eight ways of proof", ["generic", "github", "github", "github"]],
  ["eight entries", Array.from({ length: 8 }, () => "github")],
  ["eight headers", { header: Array.from({ length: 8 }, (_, at) => `x-${at}`) }],
  ["a header of 64 characters", { header: "x".repeat(64) }],
  ["an instant in a fixed order", { header: "x-s", layout: "{t}.{sig}", base: "{t}.{body}" }],
  [
    "a question that is answered without a secret",
    { header: "x-s", digest: "ed25519", handshake: { when: "a", reply: "a" } },
  ],
  ["a question about a token's secret", { header: "x-s", jwt: {}, handshake: HMAC }],
])("%s may be", (_, data) => {
  expect(mistakesOf(data)).toEqual([]);
});

test.each<[object, readonly string[]]>([
  [{ header: undefined }, ["header: is required"]],
  [{ header: "x".repeat(65) }, ["header: must be a string of 1 to 64 characters"]],
  [{ header: [["x-a"]] }, ["header[0]: must be a string of 1 to 64 characters"]],
  [{ header: Array.from({ length: 9 }, () => "x-a") }, ["header: must have 1 to 8 entries"]],
  [{ header: "ab*" }, [`header: ${HEADER}`]],
  [
    { "odd key": 1 },
    [
      "…: unknown key, it is one of header, layout, base, digest, encoding, key, timestamp, id, tolerance, keys, jwt, handshake, mac, bodyHash",
    ],
  ],
  [{ bodyHash: "xquery:h" }, ["bodyHash: must be query:<name> or header:<name>"]],
  [{ bodyHash: "query:h i" }, ["bodyHash: must be query:<name> or header:<name>"]],
  [{ handshake: { reply: "(" } }, ["handshake.when: is required"]],
  [
    { jwt: { alg: "RS256" }, keys: JWKS, handshake: HMAC },
    ["handshake.reply: must not call hmac where no shared secret is"],
  ],
  [{ layout: 7, base: "{t}.{body}" }, ["layout: must be a string of 1 to 128 characters"]],
  [{ layout: "x", jwt: {} }, ["layout: must have exactly one of {sig} and {token}"]],
  [
    { digest: "md5", base: "{t}.{body}" },
    ["digest: must be one of sha256, sha1, sha512, ed25519, rs256"],
  ],
  [{ digest: "ed25519", mac: false, base: "{body}{secret}" }, ["mac: does not go with ed25519"]],
  [
    { mac: false, base: ["{body}{secret}", "{body}"] },
    ["base: must have {secret} with mac = false"],
  ],
  [
    { digest: "rs256", keys: "-----BEGIN x://" },
    ["keys: must be a PEM that begins with -----BEGIN PUBLIC KEY-----, or be the URL of a JWKS"],
  ],
  [{ jwt: { alg: "RS256" }, keys: JWKS, key: "hex" }, ["key: does not go with RS256"]],
  [
    { jwt: {}, base: "{body}", digest: "sha1", encoding: "hex", mac: true },
    ["base", "digest", "encoding", "mac"].map((key) => `${key}: does not go with jwt`),
  ],
  [
    {
      layout: "{token}",
      base: "{body}",
      digest: "sha1",
      encoding: "hex",
      key: "hex",
      keys: WHPK,
      mac: false,
      bodyHash: "query:h",
    },
    ["base", "digest", "encoding", "key", "keys", "mac", "bodyHash"].map(
      (key) => `${key}: does not go with {token}`,
    ),
  ],
])("%j: %j", (data, mistakes) => {
  expect(mistakesOf({ header: "x-s", ...data })).toEqual(mistakes.map((one) => `verify.${one}`));
});

/** A name with a number stands for the one below it. */
const below = (name: string): VerifyData =>
  name === "n0" ? { header: "x-s" } : `n${Number(name.slice(1)) - 1}`;

/** The mistakes of a recipe whose names stand for what a function says. */
function faultOf(value: unknown, named: (name: string) => VerifyData | undefined): unknown {
  const recipe = compileRecipe(value, { ...OPTIONS, named });
  return recipe.ok ? null : recipe.fault;
}

describe("a name", () => {
  test("has at most 64 characters", () => {
    const outcomes = [64, 65].map((length) =>
      faultOf("x".repeat(length), () => ({ header: "x-s" })),
    );
    expect(outcomes).toEqual([null, [{ path: "verify", message: "names no recipe" }]]);
  });

  test("may stand for a name four times over, and no more", () => {
    expect(faultOf("n3", below)).toBeNull();
    expect(faultOf("n4", below)).toEqual([{ path: "verify", message: "names no recipe" }]);
  });

  test("in a list cannot stand for that list", () => {
    expect(faultOf(["loop"], () => ["loop"])).toEqual([
      { path: "verify[0][0]", message: "must have 1 to 8 entries" },
    ]);
  });

  test("that is wrong is told alone, however many ways of proof there are", () => {
    expect(mistakesOf(["generic", "standard-webhooks", "nobody"])).toEqual([
      "verify[2]: names no recipe",
    ]);
  });
});

test("a hash of the body covers it in a token, and a digest needs a secret", () => {
  const [token] = compiled({ header: "x-s", jwt: {}, bodyHash: "query:h" }).schemes;
  const [digest] = compiled({ header: "x-s", mac: false, base: "{body}{secret}" }).schemes;
  expect([token && coversBody(token), digest && needsSecrets(digest)]).toEqual([true, true]);
});

test.each([
  [{ jwt: {} }, "anything", null],
  [{ jwt: {} }, WHPK, "is a key of a pair, where a shared secret is needed"],
  [{ mac: false, base: "{body}{secret}" }, "anything", null],
  [{ mac: false, base: "{body}{secret}" }, " ", "is empty"],
  [{ layout: "{token}" }, " ", "is empty"],
])("a secret of %j: %j %s", (data, secret, expected) => {
  expect(secretFault(compiled({ header: "x-s", ...data }), secret)).toBe(expected);
});
