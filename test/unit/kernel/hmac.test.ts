// Keyed digests against published vectors: RFC 4231, RFC 2202, and the signatures of the providers.

import { describe, expect, test } from "vitest";
import { fromBase64, toBase64, toBase64Url, toHex, utf8 } from "../../../src/kernel/bytes.ts";
import { hmac, hmacSha256, sha256Hex } from "../../../src/kernel/hmac.io.ts";

const what = utf8("what do ya want for nothing?");

describe("hmac", () => {
  test.each([
    {
      digest: "sha256",
      expected: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    },
    {
      digest: "sha512",
      expected:
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    },
    { digest: "sha1", expected: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
  ] as const)("$digest of test case 2", async ({ digest, expected }) => {
    expect(toHex(await hmac(digest, utf8("Jefe"), what))).toBe(expected);
  });

  test("a key longer than a block (RFC 4231, case 6)", async () => {
    const key = new Uint8Array(131).fill(0xaa);
    const data = utf8("Test Using Larger Than Block-Size Key - Hash Key First");
    expect(toHex(await hmac("sha256", key, data))).toBe(
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    );
  });

  test("a key of no bytes and data of no bytes", async () => {
    expect(toHex(await hmac("sha256", new Uint8Array(0), new Uint8Array(0)))).toBe(
      "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
    );
  });
});

describe("signatures of the providers", () => {
  test.each([
    {
      name: "GitHub",
      key: "It's a Secret to Everybody",
      data: "Hello, World!",
      shown: toHex,
      expected: "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    },
    {
      name: "ExportComments",
      key: "whsec_your_secret",
      data: '{"event":"export.created","status":"processing","platform":"youtube","message_id":"msg_abc123"}',
      shown: toHex,
      expected: "fa627c048602be2c2450d8f4cd3c2537b57977e4e2f5eb556525763abaeaf210",
    },
    {
      name: "EmailEngine",
      key: "0123456789abcdef0123456789abcdef",
      data: '{"serviceUrl":"https://emailengine.example.com","account":"user123","date":"2025-01-15T14:30:00.000Z","event":"exportCompleted","data":{"exportId":"exp_abc123def456abc123def456","messagesExported":1495,"messagesSkipped":5,"bytesWritten":104857600,"duration":125000}}',
      shown: toBase64Url,
      expected: "5Ca26cWWSjO8gJV3o2XQGxEcmyTUklqQjWm62Z3Ix6k",
    },
    {
      name: "Betterez in hex",
      key: "btrz_private_key",
      data: '1779974953.{"attemptId":"d42c1225-9917-410c-950e-0383162d416b","created":1779974953,"data":{},"event":"report.export.started","id":"7ec09d11-974e-4828-8373-c09fc9f9e738","livemode":true}',
      shown: toHex,
      expected: "c1af39cb35a20e101f020aea55b563a4515fd1fbb2dc2f334bc5622e9092b483",
    },
    {
      name: "Betterez in base64",
      key: "btrz_private_key",
      data: '1779974953.{"attemptId":"d42c1225-9917-410c-950e-0383162d416b","created":1779974953,"data":{},"event":"report.export.started","id":"7ec09d11-974e-4828-8373-c09fc9f9e738","livemode":true}',
      shown: toBase64,
      expected: "wa85yzWiDhAfAgrqVbVjpFFf0fuy3C8zS8ViLpCStIM=",
    },
    {
      name: "Stripe",
      key: "whsec_test_secret",
      data: '1614265330.{"test": 2432232314}',
      shown: toHex,
      expected: "10c96c6fd3f320fcfc264cdc4f476c15060ede8e8a08404cea2ddf3b72544a9c",
    },
    {
      name: "Shopify",
      key: "hush",
      data: '{"id":1}',
      shown: toBase64,
      expected: "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=",
    },
  ])("$name", async ({ key, data, shown, expected }) => {
    expect(shown(await hmacSha256(key, utf8(data)))).toBe(expected);
  });

  test("Standard Webhooks: the key is the decoded secret", async () => {
    const key = fromBase64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") ?? new Uint8Array(0);
    const signature = await hmac(
      "sha256",
      key,
      utf8('msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'),
    );
    expect(toBase64(signature)).toBe("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  test("Twilio: SHA-1 over the address and the sorted parameters", async () => {
    const data =
      "https://mycompany.com/myapp.php?foo=1&bar=2CallSidCA1234567890ABCDECaller+14158675309Digits1234From+14158675309To+18005551212";
    expect(toBase64(await hmac("sha1", utf8("12345"), utf8(data)))).toBe(
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    );
  });
});

test.each([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
])("SHA-256 of %j", async (text, expected) => {
  expect(await sha256Hex(utf8(text))).toBe(expected);
});
