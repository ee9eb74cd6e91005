import { createPrivateKey, createPublicKey, verify, type KeyObject } from "node:crypto";
import { Webhook } from "standardwebhooks";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import {
  keyDocument,
  signedContent,
  type PublicKey,
} from "../../../../src/deliver/signing/signing.ts";
import { publicKeys, sign } from "../../../../src/deliver/signing/signing.io.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const AT = 1_614_265_330;
const BODY = utf8('{"test": 2432232314}');

/** RFC 8032, 7.1, TEST 1. */
const SEED_1 = Buffer.from(
  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
  "hex",
);
const PUBLIC_1 = Buffer.from(
  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  "hex",
);
const KEY_1 = `whsk_${SEED_1.toString("base64")}`;
const KEY_1_EXPANDED = `whsk_${Buffer.concat([SEED_1, PUBLIC_1]).toString("base64")}`;
const KEY_2 = `whsk_${Buffer.alloc(32, 9).toString("base64")}`;

const verifies = (key: KeyObject, entry: string, content: Uint8Array): boolean =>
  entry.startsWith("v1a,") &&
  verify(null, content, key, Buffer.from(entry.slice("v1a,".length), "base64"));

const publicOf = (seed: Buffer): KeyObject =>
  createPublicKey(
    createPrivateKey({
      key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
      format: "der",
      type: "pkcs8",
    }),
  );

describe("a signature by a shared key", () => {
  test("equals the published vector of Standard Webhooks", async () => {
    expect(await sign([SECRET], ID, AT, BODY)).toBe(
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
  });

  test("is what the reference library signs, for any body and any secrets", async () => {
    const key = fc.uint8Array({ minLength: 24, maxLength: 64 });
    const texts = fc.string({ unit: "grapheme", maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { maxLength: 4 }),
        texts,
        fc.integer({ min: 0, max: 2 ** 32 }),
        async (keys, body, at) => {
          const secrets = keys.map((bytes) => `whsec_${Buffer.from(bytes).toString("base64")}`);
          const expected = secrets.map((secret) =>
            new Webhook(secret).sign(ID, new Date(at * 1_000), body),
          );
          expect(await sign(secrets, ID, at, utf8(body))).toBe(expected.join(" "));
        },
      ),
    );
  });

  test.each([0, 1])(
    "is accepted by the reference library for secret %i of two while both are in use",
    async (index) => {
      const secrets = [SECRET, `whsec_${Buffer.alloc(32, 3).toString("base64")}`];
      const now = Math.floor(Date.now() / 1_000);
      const headers = {
        "webhook-id": ID,
        "webhook-timestamp": String(now),
        "webhook-signature": await sign(secrets, ID, now, BODY),
      };
      expect(new Webhook(secrets[index] ?? "").verify('{"test": 2432232314}', headers)).toEqual({
        test: 2_432_232_314,
      });
    },
  );

  test("covers the bytes of a body that is not UTF-8", async () => {
    const [first, second] = [Uint8Array.of(0xff), Uint8Array.of(0xfe)];
    expect(await sign([SECRET], ID, AT, first)).not.toBe(await sign([SECRET], ID, AT, second));
  });

  test.each([
    ["id", "msg_other", AT, BODY],
    ["timestamp", ID, AT + 1, BODY],
    ["body", ID, AT, utf8('{"test": 2432232315}')],
  ])("changes with the %s", async (_, id, at, body) => {
    expect(await sign([SECRET], id, at, body)).not.toBe(await sign([SECRET], ID, AT, BODY));
  });
});

describe("a signature by an ed25519 key", () => {
  const content = signedContent(ID, AT, BODY);

  test.each([
    ["seed", KEY_1],
    ["seed and public key", KEY_1_EXPANDED],
  ])("verifies with the public key, from a secret that is a %s", async (_, secret) => {
    const entry = await sign([secret], ID, AT, BODY);
    expect(verifies(publicOf(SEED_1), entry, content)).toBe(true);
    expect(verifies(publicOf(SEED_1), entry, signedContent(ID, AT + 1, BODY))).toBe(false);
  });

  test("stands beside that of a shared key, in the order of the secrets", async () => {
    const [first = "", second = ""] = (await sign([KEY_1, SECRET], ID, AT, BODY)).split(" ");
    expect(verifies(publicOf(SEED_1), first, content)).toBe(true);
    expect(second).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  test("is ignored by a library that knows shared keys only", async () => {
    const now = Math.floor(Date.now() / 1_000);
    const signature = await sign([KEY_1, SECRET], ID, now, BODY);
    const headers = {
      "webhook-id": ID,
      "webhook-timestamp": String(now),
      "webhook-signature": signature,
    };
    expect(new Webhook(SECRET).verify('{"test": 2432232314}', headers)).toEqual({
      test: 2_432_232_314,
    });
  });
});

describe("signing", () => {
  test("without secrets gives no signature", async () => {
    expect(await sign([], ID, AT, BODY)).toBe("");
  });

  test("gives the same from a cached key, and after more secrets than are cached", async () => {
    const first = await sign([SECRET], ID, AT, BODY);
    const many = Array.from(
      { length: 300 },
      (_, index) => `whsec_${Buffer.alloc(32, `key ${index}`).toString("base64")}`,
    );
    const header = await sign(many, ID, AT, BODY);
    expect(new Set(header.split(" ")).size).toBe(300);
    expect([await sign([SECRET], ID, AT, BODY), await sign(many, ID, AT, BODY)]).toEqual([
      first,
      header,
    ]);
  });

  test("throws on a bad secret without showing it", async () => {
    await expect(sign(["whsec_tooshort"], ID, AT, BODY)).rejects.toThrow(/^a signing secret must/);
    await expect(sign(["whsec_tooshort"], ID, AT, BODY)).rejects.not.toThrow(/tooshort/);
  });

  test("divides id, timestamp and body by full stops", () => {
    expect(
      Buffer.from(signedContent("evt_1", 5, Uint8Array.of(0xff, 0x2e))).toString("latin1"),
    ).toBe("evt_1.5.\u00FF.");
  });
});

describe("public keys", () => {
  test("are those of ed25519 secrets, as JWK and as Standard Webhooks text", async () => {
    // The thumbprint is the one of RFC 8037, appendix A.3, which uses the same key.
    expect(await publicKeys([SECRET, KEY_1])).toEqual([
      {
        kty: "OKP",
        crv: "Ed25519",
        x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        use: "sig",
        alg: "EdDSA",
        whpk: `whpk_${PUBLIC_1.toString("base64")}`,
      },
    ]);
  });

  test("hold nothing private", async () => {
    const text = JSON.stringify(await publicKeys([KEY_1, KEY_1_EXPANDED, KEY_2]));
    expect([text.includes(SEED_1.toString("base64url")), text.includes('"d"')]).toEqual([
      false,
      false,
    ]);
  });

  test("are the same for a seed and for the key expanded from it", async () => {
    const [seed, expanded] = await publicKeys([KEY_1, KEY_1_EXPANDED]);
    expect(seed).toEqual(expanded);
  });

  test("appear once in the document, with every subscriber that they verify", async () => {
    const [one, two] = (await publicKeys([KEY_1, KEY_2])) as [PublicKey, PublicKey];
    const keysOf = new Map([
      ["crm", [one, two, one]],
      ["erp", [one]],
      ["plain", []],
    ]);
    expect(keyDocument(keysOf)).toEqual({
      keys: [
        { ...one, subscribers: ["crm", "erp"] },
        { ...two, subscribers: ["crm"] },
      ],
    });
  });

  test("make an empty document when nobody signs with ed25519", () => {
    expect(keyDocument(new Map([["crm", []]]))).toEqual({ keys: [] });
  });
});
