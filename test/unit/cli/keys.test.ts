// Secrets and tokens made here are accepted where they are used.

import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { newKeyPair, newSigningSecret, signStreamToken } from "../../../src/cli/keys.ts";
import { fromBase64 } from "../../../src/kernel/bytes.ts";
import { parseSecret } from "../../../src/model/signing-secret.ts";
import { verifyToken } from "../../../src/stream/auth/tokens.io.ts";

const NOW = Date.parse("2026-11-21T19:00:00.000Z");
const KEY = "dev-stream-secret-of-at-least-32-bytes";

describe("new secrets", () => {
  test("hold 32 bytes, differ each time, and work with the reference library", () => {
    const [first, second] = [newSigningSecret(), newSigningSecret()];
    expect(first).not.toBe(second);
    expect(fromBase64(first.slice("whsec_".length))).toHaveLength(32);
    expect(parseSecret(first).ok).toBe(true);
    expect(() => new Webhook(first).sign("evt_1", new Date(NOW), "{}")).not.toThrow();
  });

  test("a key pair signs with a 32-byte seed and verifies with a 32-byte public key", () => {
    const { secret, publicKey } = newKeyPair();
    expect(parseSecret(secret)).toMatchObject({ ok: true, value: { kind: "ed25519" } });
    expect(fromBase64(secret.slice("whsk_".length))).toHaveLength(32);
    expect(fromBase64(publicKey.slice("whpk_".length))).toHaveLength(32);
    expect(publicKey).toMatch(/^whpk_/);
  });
});

describe("a stream token signed here", () => {
  test("opens what it says, at the relay", async () => {
    const token = await signStreamToken(
      KEY,
      { account: "acme", channels: ["exports:acme"], expiresIn: 60 },
      NOW,
    );
    expect(await verifyToken(token, [KEY], NOW)).toEqual({
      ok: true,
      value: {
        kind: "account",
        account: "acme",
        channels: ["exports:acme"],
        expires: NOW + 60_000,
      },
    });
  });

  test("opens the whole account when no channel is named, and nothing once it has expired", async () => {
    const token = await signStreamToken(
      KEY,
      { account: "acme", channels: null, expiresIn: 60 },
      NOW,
    );
    expect(await verifyToken(token, [KEY], NOW + 59_999)).toMatchObject({
      ok: true,
      value: { channels: null },
    });
    expect(await verifyToken(token, [KEY], NOW + 60_000)).toMatchObject({ ok: false });
  });
});
