import { generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkUrl } from "../../../../src/config/url-policy.ts";
import { jwksStore } from "../../../../src/ingest/recipe/keys/jwks.io.ts";
import { READY_RECIPES } from "../../../../src/ingest/recipe/ready.ts";
import { signSample, type SampleInput } from "../../../../src/ingest/recipe/sign/sign.io.ts";
import { toBase64, utf8 } from "../../../../src/kernel/bytes.ts";
import { check, compiled } from "./build.ts";
import { SHAPES, VECTORS } from "./vectors.ts";
import { runs } from "../../runs.ts";

const NOW = 1_700_000_000_000;
const BODY = utf8('{"ping":1}');
const ADDRESS = "https://relay.example.com/hooks/test";

const sample = (recipe: unknown, secret: string, more: Partial<SampleInput> = {}) =>
  signSample(compiled(recipe), {
    body: BODY,
    secret,
    now: NOW,
    url: ADDRESS,
    id: "msg_1",
    ...more,
  });

/** Signs by a recipe, and says what its verifier makes of the sample. */
async function signedAndChecked(
  recipe: unknown,
  keys: { readonly secret: string; readonly other?: string },
  body: Uint8Array<ArrayBuffer> = BODY,
): Promise<string> {
  const signed = await sample(recipe, keys.secret, { body });
  if (!signed.ok) return signed.fault;
  const { url, headers } = signed.value;
  return check(recipe, { secret: keys.other ?? keys.secret, body, url, headers, now: NOW });
}

/** A secret that is a key of every form. */
const SECRET = toBase64(utf8("a secret of 24 bytes, ok"));

const isByKeys = (name: string): boolean => name === "fal";

describe("every ready recipe", () => {
  test.each(READY_RECIPES.filter((name) => !isByKeys(name)))(
    "%s verifies what it signs",
    async (name) => {
      expect(await signedAndChecked(name, { secret: SECRET })).toBe("verified");
    },
  );

  test.each(READY_RECIPES.filter((name) => !isByKeys(name)))(
    "%s: not under another secret",
    async (name) => {
      const other = toBase64(utf8("another secret, 24 bytes"));
      expect(await signedAndChecked(name, { secret: SECRET, other })).toBe("wrong-secret");
    },
  );
});

describe("the sample of a sender", () => {
  test.each(
    SHAPES.filter(({ recipe, name }) => !/case|second|CircleCI/.test(name) && recipe !== "generic"),
  )("of $name is what the sender sends", async ({ recipe, secret, body, headers }) => {
    const signed = await sample(recipe, secret, { body: utf8(body) });
    expect(signed.ok ? signed.value.headers : signed.fault).toMatchObject(headers);
  });

  test("of Standard Webhooks is the published one", async () => {
    const vector = VECTORS.find(({ name }) => name === "Standard Webhooks v1");
    const signed = await sample("standard-webhooks", vector?.secret ?? "", {
      body: utf8(vector?.body ?? ""),
      now: 1_614_265_330_000,
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    });
    expect(signed.ok ? signed.value.headers : signed.fault).toEqual(vector?.headers);
  });

  test("of Standard Webhooks with a private key is the published v1a", async () => {
    const signed = await sample(
      "standard-webhooks",
      "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=",
      {
        body: utf8('{"test": 2432232314}'),
        now: 1_614_265_330_000,
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      },
    );
    const vector = VECTORS.find(({ name }) => name === "Standard Webhooks v1a");
    expect(signed.ok ? signed.value.headers : signed.fault).toEqual(vector?.headers);
  });
});

describe("a pair of keys", () => {
  const ed = generateKeyPairSync("ed25519");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const privatePem = (pair: typeof ed) =>
    String(pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  const publicPem = (pair: typeof ed) =>
    String(pair.publicKey.export({ type: "spki", format: "pem" }));

  test.each([
    ["ed25519", { header: "x-s", digest: "ed25519" }, ed],
    ["RSA", { header: "x-s", digest: "rs256", encoding: "base64" }, rsa],
    ["RSA in a token", { header: "x-s", jwt: { alg: "RS256", bodyClaim: "sha256" } }, rsa],
    ["P-256 in a token", { header: "x-s", jwt: { alg: "ES256", bodyClaim: "sha256" } }, p256],
  ])("of %s signs by the private and verifies by the public one", async (_, recipe, pair) => {
    const keys = { secret: privatePem(pair), other: publicPem(pair) };
    expect(await signedAndChecked(recipe, keys)).toBe("verified");
  });

  test("of the wrong kind is named", async () => {
    const recipe = { header: "x-s", digest: "rs256" };
    expect(await sample(recipe, privatePem(ed))).toEqual({
      ok: false,
      fault: "Signing needs the private key: a PEM with BEGIN PRIVATE KEY (PKCS #8) of an RSA key.",
    });
  });

  test("of fal signs for fal's recipe, with headers that nobody gave made up", async () => {
    const signed = await sample("fal", privatePem(ed));
    const { headers, url } = signed.ok ? signed.value : { headers: {}, url: "" };
    const keys = JSON.stringify({ keys: [ed.publicKey.export({ format: "jwk" })] });
    const jwks = jwksStore({
      fetch: () => Promise.resolve(new Response(keys)),
      checkUrl: (address) => checkUrl(address, { allowPrivate: false }),
    });
    expect(headers).toMatchObject({ "x-fal-webhook-request-id": "msg_1" });
    expect(await check("fal", { body: BODY, headers, url, now: NOW, jwks })).toBe("verified");
  });
});

test.each([
  ["github", "", "The secret is empty."],
  ["bearer", " ", "The secret is empty."],
  ["standard-webhooks", "no base64!", "The secret must be base64 after whsec_."],
  ["netlify", "", "The secret is empty."],
  [
    { header: "x-s", base: "{json:id}.{body}" },
    "s",
    "The body lacks a part that the recipe signs.",
  ],
])("a sample of %j with the secret %j: %s", async (recipe, secret, fault) => {
  expect(await sample(recipe, secret)).toEqual({ ok: false, fault });
});

test("a sample keeps the headers that are given, and signs them", async () => {
  const recipe = { header: "x-sig-*", base: "{header:x-topic}:{body}" };
  const signed = await sample(recipe, SECRET, { headers: { "x-topic": "orders" } });
  const { headers } = signed.ok ? signed.value : { headers: {} };
  expect(Object.keys(headers)).toEqual(["x-topic", "x-sig-1"]);
  expect(await check(recipe, { body: BODY, headers, secret: SECRET })).toBe("verified");
  const other = { ...headers, "x-topic": "refunds" };
  expect(await check(recipe, { body: BODY, headers: other, secret: SECRET })).toBe("wrong-secret");
});

test("a sample whose address carries the body's hash has it there", async () => {
  const signed = await sample("twilio", SECRET, { url: `${ADDRESS}?a=1` });
  expect(signed.ok ? signed.value.url : "").toBe(
    `${ADDRESS}?a=1&bodySHA256=64877f16df2e7bc1e4229fe1559ccf65b3c87f1f70512d0fb1cc8cc3232e9778`,
  );
});

const encoding = fc.constantFrom("hex", "base64", "base64url");
const layout = fc.constantFrom(
  { layout: "{sig}", timestamp: "x-t", id: "x-id" },
  { layout: "sha256={sig}", timestamp: "x-t", id: "x-id" },
  { layout: "v1,{sig}", timestamp: "x-t", id: "x-id" },
  { layout: "t={t},v1={sig}", id: "x-id" },
  { layout: "ts={t};h1={sig}", id: "x-id" },
  { layout: "t={t} id={id} s={sig}" },
  { layout: "{t}.{sig}", id: "x-id" },
  { layout: '{id}|{t}|"{sig}"' },
);
const piece = fc.constantFrom(
  "{body}",
  "{body|sha256|hex}",
  "{body|sha512|base64}",
  "{t}",
  "{id}",
  "{url}",
  "{method}",
  "{header:x-topic}",
  "v0:",
  "\n",
);
const template = fc
  .array(piece, { minLength: 1, maxLength: 6 })
  .map((pieces) => `${pieces.join(":")}{body}`);
const header = fc.constantFrom("x-s", "x-s-*");
const digest = fc.constantFrom("sha1", "sha256", "sha512");

/** A secret and recipes under which it is a key. */
const keyed = fc
  .uint8Array({ minLength: 8, maxLength: 64 })
  .chain((bytes) =>
    fc.constantFrom(
      { key: "utf8", secret: Buffer.from(bytes).toString("hex") },
      { key: "hex", secret: Buffer.from(bytes).toString("hex") },
      { key: "base64", secret: Buffer.from(bytes).toString("base64") },
      { key: "whsec", secret: `whsec_${Buffer.from(bytes).toString("base64")}` },
    ),
  );

const recipeAndSecret = fc.oneof(
  fc
    .tuple(header, layout, template, digest, encoding, keyed)
    .map(([name, form, base, hash, text, { key, secret }]) => ({
      recipe: { header: name, ...form, base, digest: hash, encoding: text, key },
      secret,
    })),
  fc
    .tuple(header, layout, template, digest, encoding, keyed)
    .map(([name, form, base, hash, text, { secret }]) => ({
      recipe: {
        header: name,
        ...form,
        base: `${base}{secret}`,
        mac: false,
        digest: hash,
        encoding: text,
      },
      secret,
    })),
  fc.tuple(header, keyed).map(([name, { secret }]) => ({
    recipe: { header: name, layout: "Token {token}" },
    secret,
  })),
  fc.tuple(header, keyed, encoding).map(([name, { key, secret }, text]) => ({
    recipe: { header: name, key, jwt: { iss: "a", bodyClaim: "h", encoding: text } },
    secret,
  })),
);

/**
 * The last byte of a key may differ in bits that base64 does not carry, so the first one is
 * changed.
 */
const otherThan = (secret: string): string => {
  const at = secret.startsWith("whsec_") ? "whsec_".length : 0;
  const first = secret.charAt(at) === "a" ? "b" : "a";
  return secret.slice(0, at) + first + secret.slice(at + 1);
};

/** What comes of a changed body: a token alone says nothing of it, a JWT carries its hash. */
function afterChange(recipe: object): string {
  if ("jwt" in recipe) return "body-changed";
  return "base" in recipe ? "wrong-secret" : "verified";
}

test("what any recipe signs, it verifies, by no other secret and for no other body", async () => {
  const body = fc.uint8Array({ minLength: 1, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(recipeAndSecret, body, async ({ recipe, secret }, given) => {
      const sent = new Uint8Array(given);
      const other = otherThan(secret);
      expect(await signedAndChecked(recipe, { secret }, sent)).toBe("verified");
      expect(await signedAndChecked(recipe, { secret, other }, sent)).toBe("wrong-secret");
      const signed = await sample(recipe, secret, { body: sent });
      const { headers, url } = signed.ok ? signed.value : { headers: {}, url: ADDRESS };
      const changed = sent.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
      const outcome = await check(recipe, { secret, body: changed, url, headers, now: NOW });
      expect(outcome).toBe(afterChange(recipe));
    }),
    { numRuns: runs(300) },
  );
});
