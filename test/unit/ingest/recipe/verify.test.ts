import { createHmac, createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { jwksStore } from "../../../../src/ingest/recipe/keys/jwks.io.ts";
import { verifyRecipe } from "../../../../src/ingest/recipe/verify.io.ts";
import { toBase64Url, utf8 } from "../../../../src/kernel/bytes.ts";
import { check, compiled, MINUTES_5, NO_NETWORK, posted } from "./build.ts";

const SECRET = "jobrelay-test";
const BODY = '{"ping":1}';
const T = 1_700_000_000;
const NOW = T * 1_000;

const macOf = (text: string, secret = SECRET, digest = "sha256"): string =>
  createHmac(digest, secret).update(text).digest("hex");

const HEX = macOf(BODY);
const plain = { header: "x-s" };
const timed = { header: "x-s", layout: "t={t},v1={sig}", base: "{t}.{body}" };
const given = { body: BODY, secret: SECRET, now: NOW };

describe("the digest of a header", () => {
  const bytes = Buffer.from(HEX, "hex");

  test.each([
    ["hex", HEX],
    ["hex in upper case", HEX.toUpperCase()],
    ["base64", bytes.toString("base64")],
    ["base64 without padding", bytes.toString("base64").replace("=", "")],
    ["base64url", toBase64Url(bytes)],
    ["the second of two", `${HEX.replace(/^./, "0")},${HEX}`],
  ])("is taken as %s", async (_, value) => {
    expect(await check(plain, { ...given, headers: { "x-s": value } })).toBe("verified");
  });

  test.each([
    ["nothing", "", "missing-signature"],
    ["spaces", "   ", "missing-signature"],
    ["a digit too few", HEX.slice(1), "malformed-signature"],
    ["a byte too many", `${HEX}00`, "malformed-signature"],
    ["what is neither hex nor base64", HEX.replace(/^./, "!"), "malformed-signature"],
    ["a placeholder", "NO_SECRET_PROVIDED", "malformed-signature"],
    ["another digest", macOf(BODY, SECRET, "sha1"), "malformed-signature"],
    ["a longer digest", macOf(BODY, SECRET, "sha512"), "malformed-signature"],
    ["another text's", macOf("x"), "wrong-secret"],
    [
      "the body's hash without a key",
      createHash("sha256").update(BODY).digest("hex"),
      "wrong-secret",
    ],
    ["a header of 100 kB", `${HEX},`.repeat(1_600), "malformed-signature"],
    ["100 kB of parts", "a,".repeat(50_000), "malformed-signature"],
    ["17 signatures", Array.from({ length: 17 }, () => HEX).join(","), "malformed-signature"],
  ])("is not taken from %s", async (_, value, reason) => {
    expect(await check(plain, { ...given, headers: { "x-s": value } })).toBe(reason);
  });

  test("of the wrong algorithm is not taken, whatever its size", async () => {
    const recipe = { header: "x-s", digest: "ed25519" };
    const half = macOf(BODY, SECRET, "sha512");
    const headers = { "x-s": half };
    const secret = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
    expect(await check(recipe, { ...given, headers, secret })).toBe("wrong-secret");
    expect(await check(recipe, { ...given, headers })).toBe("wrong-secret");
  });
});

describe("a public key", () => {
  // Everybody knows it: were it taken as a shared key, anybody could sign.
  const secret = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
  const pem = `-----BEGIN PUBLIC KEY-----\n${"A".repeat(44)}\n-----END PUBLIC KEY-----`;

  test.each([
    ["HMAC", plain, { "x-s": macOf(BODY, secret) }, secret],
    ["HMAC, PEM", plain, { "x-s": macOf(BODY, pem) }, pem],
    ["token", { header: "x-s", layout: "{token}" }, { "x-s": secret }, secret],
    [
      "digest",
      { header: "x-s", base: "{body}{secret}", mac: false },
      {
        "x-s": createHash("sha256")
          .update(BODY + secret)
          .digest("hex"),
      },
      secret,
    ],
    [
      "Standard Webhooks v1",
      "standard-webhooks",
      {
        "webhook-id": "m",
        "webhook-timestamp": String(T),
        "webhook-signature": `v1,${createHmac(
          "sha256",
          Buffer.from(secret.replace("_", "/"), "base64"),
        )
          .update(`m.${T}.${BODY}`)
          .digest("base64")}`,
      },
      secret,
    ],
  ])("is no shared key: %s", async (_, recipe, headers, key) => {
    expect(await check(recipe, { ...given, headers, secret: key })).toBe("wrong-secret");
  });
});

describe("the instant", () => {
  const signed = (t: string) => ({ "x-s": `t=${t},v1=${macOf(`${t}.${BODY}`)}` });

  test.each([
    ["seconds", String(T)],
    ["milliseconds", `${T}000`],
    ["ISO 8601", "2023-11-14T22:13:20Z"],
    ["ISO 8601 with nanoseconds and a zone", "2023-11-14T23:13:20.000000001+01:00"],
  ])("is read in %s", async (_, t) => {
    expect(await check(timed, { ...given, headers: signed(t) })).toBe("verified");
  });

  test.each(["", "now", "-1", "1.7e9", "1700000000.5", "0x65", "12345678901234567", "2023-11-14"])(
    "is not read from %j",
    async (t) => {
      expect(await check(timed, { ...given, headers: signed(t) })).toBe("malformed-signature");
    },
  );

  test.each([
    ["two different ones", `t=${T},t=1,v1=${macOf(`${T}.${BODY}`)}`, "malformed-signature"],
    ["the same twice", `t=${T},t=${T},v1=${macOf(`${T}.${BODY}`)}`, "verified"],
    ["none", `v1=${macOf(`${T}.${BODY}`)}`, "malformed-signature"],
    ["another than the signed one", `t=${T + 1},v1=${macOf(`${T}.${BODY}`)}`, "wrong-secret"],
  ])("%s", async (_, value, reason) => {
    expect(await check(timed, { ...given, headers: { "x-s": value } })).toBe(reason);
  });

  test.each([
    ["the recipe's tolerance", { ...timed, tolerance: 1_800 }, null, 1_800, "verified"],
    [
      "one second over it",
      { ...timed, tolerance: 1_800 },
      null,
      1_801,
      "timestamp-too-old by 1801 s",
    ],
    [
      "the source's over the recipe's",
      { ...timed, tolerance: 1_800 },
      60_000,
      61,
      "timestamp-too-old by 61 s",
    ],
    ["the default", timed, null, 301, "timestamp-too-old by 301 s"],
  ])("is judged by %s", async (...[, recipe, tolerance, late, reason]) => {
    const now = NOW + late * 1_000;
    expect(await check(recipe, { ...given, now, tolerance, headers: signed(String(T)) })).toBe(
      reason,
    );
  });
});

describe("headers", () => {
  test("of a pattern are all tried, and others are not", async () => {
    const recipe = { header: "x-docs-signature-*" };
    const headers = { "x-docs-signature-1": macOf("x"), "X-Docs-Signature-2": HEX };
    expect(await check(recipe, { ...given, headers })).toBe("verified");
    const others = { "x-docs-signature-": HEX, "y-docs-signature-1": HEX };
    expect(await check(recipe, { ...given, headers: others })).toBe("missing-signature");
  });

  test("beyond eight are not tried", async () => {
    const names = Array.from({ length: 9 }, (_, index) => `x-sig-${index}`);
    const headers = Object.fromEntries(names.map((name) => [name, macOf("x")]));
    const last = { ...headers, "x-sig-8": HEX };
    expect(await check({ header: "x-sig-*" }, { ...given, headers: last })).toBe("wrong-secret");
    const first = { ...headers, "x-sig-0": HEX };
    expect(await check({ header: "x-sig-*" }, { ...given, headers: first })).toBe("verified");
  });

  test("that contradict each other in the instant are refused", async () => {
    const recipe = { ...timed, header: ["x-a", "x-b"] };
    const headers = { "x-a": `t=1,v1=${HEX}`, "x-b": `t=2,v1=${HEX}` };
    expect(await check(recipe, { ...given, headers })).toBe("malformed-signature");
  });

  test("cannot carry lines into what is signed", () => {
    expect(() => posted({ headers: { "x-a": "one\r\nx-b: two" } })).toThrow(TypeError);
  });

  test("that are missing from the base are a malformed proof", async () => {
    const recipe = { header: "x-s", base: "{header:x-topic}.{body}" };
    const headers = { "x-s": macOf(`.${BODY}`) };
    expect(await check(recipe, { ...given, headers })).toBe("malformed-signature");
  });
});

const withId = (id: string, t = String(T), body = BODY) => ({
  "x-s": macOf(`${id}.${t}.${body}`),
  "x-id": id,
  "x-t": t,
});

describe("an id", () => {
  const recipe = { header: "x-s", base: "{id}.{t}.{body}", id: "x-id", timestamp: "x-t" };

  test("is told with the verified request", async () => {
    const options = {
      secrets: ["other", SECRET],
      tolerance: null,
      defaultTolerance: MINUTES_5,
      now: NOW,
      jwks: jwksStore(NO_NETWORK),
    };
    const request = posted({ body: BODY, headers: withId("msg_1") });
    expect(await verifyRecipe(compiled(recipe), request, options)).toMatchObject({
      ok: true,
      value: { id: "msg_1", timestamp: NOW, secretIndex: 1 },
    });
  });

  test("that holds a dot does not let the end of the id move into the body", async () => {
    const [id, t, body] = ["a", String(T), `${T}.x`];
    const { "x-s": signature } = withId(id, t, body);
    const moved = { "x-s": signature, "x-id": `a.${T}`, "x-t": String(T) };
    expect(await check(recipe, { ...given, body, headers: withId(id, t, body) })).toBe("verified");
    expect(await check(recipe, { ...given, body: "x", headers: moved })).toBe(
      "malformed-signature",
    );
  });

  test.each(["", " ", "a b", "ä", "x".repeat(257)])("is not taken from %j", async (id) => {
    expect(await check(recipe, { ...given, headers: withId(id) })).toBe("malformed-signature");
  });
});

describe("a body's field", () => {
  const recipe = { header: "x-s", base: "{json:data.taskId}.{t}", timestamp: "x-t" };
  const body = '{"data":{"taskId":"task_1"}}';
  const headers = { "x-s": macOf(`task_1.${T}`), "x-t": String(T) };

  test("is signed in place of the body", async () => {
    expect(await check(recipe, { ...given, body, headers })).toBe("verified");
  });

  test.each(["{}", "not JSON", '{"data":{"__proto__":{"taskId":"task_1"}}}', `{"a":${body}}`])(
    "is not found in %s",
    async (other) => {
      expect(await check(recipe, { ...given, body: other, headers })).toBe("malformed-signature");
    },
  );
});

describe("a token", () => {
  test.each([
    ["bearer", { authorization: `Bearer ${SECRET}` }, "verified"],
    ["bearer", { authorization: `bearer ${SECRET} ` }, "verified"],
    ["bearer", { authorization: SECRET }, "malformed-signature"],
    ["bearer", { authorization: "Bearer" }, "malformed-signature"],
    ["bearer", { authorization: `Bearer ${SECRET}x` }, "wrong-secret"],
    ["bearer", { authorization: `Bearer ${SECRET.slice(1)}` }, "wrong-secret"],
    ["bearer", {}, "missing-signature"],
    [{ header: "x-gitlab-token", layout: "{token}" }, { "x-gitlab-token": SECRET }, "verified"],
    [
      { header: "x-gitlab-token", layout: "{token}" },
      { "x-gitlab-token": "" },
      "missing-signature",
    ],
  ])("of %j in %j: %s", async (recipe, headers, reason) => {
    expect(await check(recipe, { ...given, headers })).toBe(reason);
  });

  test("is not taken for an empty secret", async () => {
    const recipe = { header: "x-t", layout: "t:{token}" };
    expect(await check(recipe, { ...given, secret: "", headers: { "x-t": "t:" } })).toBe(
      "malformed-signature",
    );
  });
});

describe("several ways of proof", () => {
  const recipe = ["github", { header: "x-gitlab-token", layout: "{token}" }];

  test("any of them is enough", async () => {
    const headers = { "x-gitlab-token": SECRET };
    expect(await check(recipe, { ...given, headers })).toBe("verified");
  });

  test("the one that came furthest tells the reason", async () => {
    const headers = { "x-hub-signature-256": "sha256=", "x-gitlab-token": "wrong" };
    expect(await check(recipe, { ...given, headers })).toBe("wrong-secret");
    expect(await check(recipe, { ...given, headers: { "x-hub-signature-256": "x" } })).toBe(
      "malformed-signature",
    );
  });
});

describe("the ready recipe", () => {
  test.each([
    [
      "slack",
      {
        "x-slack-signature": `v0=${macOf(`v0:${T}:${BODY}`)}`,
        "x-slack-request-timestamp": `${T}`,
      },
    ],
    [
      "zoom",
      { "x-zm-signature": `v0=${macOf(`v0:${T}:${BODY}`)}`, "x-zm-request-timestamp": `${T}` },
    ],
    ["generic", { "x-signature": HEX }],
    ["generic", { "x-signature": `sha256=${HEX}` }],
    ["generic", { authorization: `Bearer ${SECRET}` }],
  ])("%s verifies %j", async (name, headers) => {
    expect(await check(name, { ...given, headers })).toBe("verified");
  });

  test("twilio tells a changed body by the hash in the address", async () => {
    const hash = createHash("sha256").update(BODY).digest("hex");
    const url = `https://a.example.com/hooks/x?bodySHA256=${hash}`;
    const signature = createHmac("sha1", SECRET).update(url).digest("base64");
    const sent = { ...given, url, headers: { "x-twilio-signature": signature } };
    expect(await check("twilio", sent)).toBe("verified");
    expect(await check("twilio", { ...sent, body: '{"ping":2}' })).toBe("body-changed");
    expect(await check("twilio", { ...sent, url: `${url}&bodySHA256=00` })).toBe("wrong-secret");
  });

  test("twilio takes an address that was signed with its port", async () => {
    const url = "https://a.example.com/hooks/x";
    const withPort = "https://a.example.com:443/hooks/xa1";
    const signature = createHmac("sha1", SECRET).update(withPort).digest("base64");
    const sent = { ...given, url, body: "a=1", headers: { "x-twilio-signature": signature } };
    expect(await check("twilio", sent)).toBe("verified");
  });
});

test("bytes that are no text are signed like any others", async () => {
  const body = Uint8Array.of(0xff, 0xfe, 0x00);
  const headers = { "x-s": createHmac("sha256", SECRET).update(body).digest("hex") };
  expect(await check(plain, { ...given, body, headers })).toBe("verified");
});

test("a key in each of its forms is the same key", async () => {
  const key = utf8("0123456789abcdef");
  const headers = { "x-s": createHmac("sha256", key).update(BODY).digest("hex") };
  const forms = {
    utf8: "0123456789abcdef",
    hex: Buffer.from(key).toString("hex"),
    base64: Buffer.from(key).toString("base64"),
    whsec: `whsec_${Buffer.from(key).toString("base64")}`,
  };
  for (const [form, secret] of Object.entries(forms))
    expect(await check({ header: "x-s", key: form }, { ...given, secret, headers })).toBe(
      "verified",
    );
});
