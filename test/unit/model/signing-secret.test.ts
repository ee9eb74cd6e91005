import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { parseSecret } from "../../../src/model/signing-secret.ts";

const base64 = (size: number): string => Buffer.alloc(size, 7).toString("base64");

describe("a signing secret", () => {
  test.each([24, 32, 64])("may be a shared key of %i bytes", (size) => {
    expect(parseSecret(`whsec_${base64(size)}`)).toEqual({
      ok: true,
      value: { kind: "hmac", key: new Uint8Array(size).fill(7) },
    });
  });

  test.each([
    [23, "must hold 24 to 64 bytes, holds 23"],
    [65, "must hold 24 to 64 bytes, holds 65"],
    [0, "must hold 24 to 64 bytes, holds 0"],
  ])("is refused as a shared key of %i bytes", (size, fault) => {
    expect(parseSecret(`whsec_${base64(size)}`)).toEqual({ ok: false, fault });
  });

  test("may be an ed25519 seed", () => {
    expect(parseSecret(`whsk_${base64(32)}`)).toEqual({
      ok: true,
      value: { kind: "ed25519", seed: new Uint8Array(32).fill(7) },
    });
  });

  test("may be an ed25519 key of 64 bytes, whose first half is the seed", () => {
    const key = Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32, 2)]).toString("base64");
    expect(parseSecret(`whsk_${key}`)).toEqual({
      ok: true,
      value: { kind: "ed25519", seed: new Uint8Array(32).fill(1) },
    });
  });

  test.each([31, 33, 63, 65, 0])("is refused as an ed25519 key of %i bytes", (size) => {
    expect(parseSecret(`whsk_${base64(size)}`)).toEqual({
      ok: false,
      fault: `must hold 32 or 64 bytes, holds ${size}`,
    });
  });

  test.each([
    ["", "must begin with whsec_ (shared key) or whsk_ (ed25519 private key)"],
    [base64(32), "must begin with whsec_ (shared key) or whsk_ (ed25519 private key)"],
    [`WHSEC_${base64(32)}`, "must begin with whsec_ (shared key) or whsk_ (ed25519 private key)"],
    [`whpk_${base64(32)}`, "is a public key (whpk_…); signing needs whsk_…"],
    ["whsec_your_secret!", "must be base64 after whsec_"],
    ["whsk_ü", "must be base64 after whsk_"],
  ])("is refused as %j", (text, fault) => {
    expect(parseSecret(text)).toEqual({ ok: false, fault });
  });

  test("survives the line feed that a shell adds", () => {
    expect(parseSecret(` whsec_${base64(24)}\r\n`)).toEqual(parseSecret(`whsec_${base64(24)}`));
  });

  test("is read with and without padding, in either alphabet", () => {
    const bytes = Buffer.alloc(32, 0xff);
    const read = ["base64", "base64url"].map((form) =>
      parseSecret(`whsec_${bytes.toString(form as BufferEncoding)}`),
    );
    expect(read).toEqual(
      [0, 1].map(() => ({ ok: true, value: { kind: "hmac", key: new Uint8Array(bytes) } })),
    );
  });

  test("never stands in the words that refuse it", () => {
    const secretText = fc.stringMatching(/^[A-Za-z0-9+/!?]{8,90}$/);
    fc.assert(
      fc.property(fc.constantFrom("whsec_", "whsk_", "whpk_", ""), secretText, (prefix, secret) => {
        const parsed = parseSecret(prefix + secret);
        expect(!parsed.ok && parsed.fault.includes(secret)).toBe(false);
      }),
    );
  });
});
