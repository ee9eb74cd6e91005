// Private keys, which only the side that makes samples has.

import { concat, fromHex } from "../../../kernel/bytes.ts";
import { fault, ok, type Result } from "../../../kernel/result.ts";
import { ED25519_PREFIX, parseSecret } from "../../../model/signing-secret.ts";
import type { PublicKeyAlgorithm } from "../recipe.ts";
import { ALGORITHMS } from "./keys.io.ts";
import { pemBytes } from "./material.ts";

/** What stands before the 32 bytes of an ed25519 seed in PKCS #8 (RFC 8410, 7). */
const PKCS8_SEED_PREFIX = "302e020100300506032b657004220420";

/**
 * Signs by a private key: `whsk_…` for ed25519, or a PEM with `BEGIN PRIVATE KEY`; the fault is a
 * sentence.
 */
export async function signWithPrivateKey(
  algorithm: PublicKeyAlgorithm,
  secret: string,
  data: Uint8Array<ArrayBuffer>,
): Promise<Result<Uint8Array<ArrayBuffer>, string>> {
  const pkcs8 = pkcs8Of(algorithm, secret);
  if (pkcs8 === null) return fault(NEEDED[algorithm]);
  try {
    const parameters = ALGORITHMS[algorithm];
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, parameters, false, ["sign"]);
    return ok(new Uint8Array(await crypto.subtle.sign(parameters, key, data)));
  } catch {
    return fault(NEEDED[algorithm]);
  }
}

const PEM_NEEDED = "a PEM with BEGIN PRIVATE KEY (PKCS #8)";

const NEEDED: Readonly<Record<PublicKeyAlgorithm, string>> = {
  ed25519: `Signing needs the private key: whsk_… or ${PEM_NEEDED} of an ed25519 key.`,
  rs256: `Signing needs the private key: ${PEM_NEEDED} of an RSA key.`,
  es256: `Signing needs the private key: ${PEM_NEEDED} of a P-256 key.`,
};

function pkcs8Of(algorithm: PublicKeyAlgorithm, secret: string): Uint8Array<ArrayBuffer> | null {
  if (algorithm !== "ed25519" || !secret.startsWith(ED25519_PREFIX))
    return pemBytes(secret, "PRIVATE KEY");
  const parsed = parseSecret(secret);
  const prefix = fromHex(PKCS8_SEED_PREFIX);
  if (!parsed.ok || parsed.value.kind !== "ed25519" || prefix === null) return null;
  return concat(prefix, parsed.value.seed);
}
