// A subscriber's signing secret in its text form (Standard Webhooks 1.0, "Signature scheme"):
// configuration checks it, delivery signs with it.

import { fromBase64 } from "../kernel/bytes.ts";
import { fault, ok, type Result } from "../kernel/result.ts";

/**
 * A secret that signs: a shared HMAC key (`v1`), or the 32-byte seed of an ed25519 key pair
 * (`v1a`).
 */
export type SigningSecret =
  | { readonly kind: "hmac"; readonly key: Uint8Array<ArrayBuffer> }
  | { readonly kind: "ed25519"; readonly seed: Uint8Array<ArrayBuffer> };

/** Text before the base64 of a shared key. */
const HMAC_PREFIX = "whsec_";
/** Begins the text of a private ed25519 key. */
export const ED25519_PREFIX = "whsk_";
/** Begins the text of a public ed25519 key. */
export const ED25519_PUBLIC_PREFIX = "whpk_";

/** Fewest and most bytes of a shared key: 192 to 512 bits, as the specification asks. */
const HMAC_KEY_BYTES = { least: 24, most: 64 } as const;

/** Bytes of an ed25519 seed (RFC 8032, 5.1.5). */
const SEED_BYTES = 32;

/**
 * Bytes of the other usual form of an ed25519 private key: the seed, then the public key (NaCl,
 * Go).
 */
const EXPANDED_KEY_BYTES = 64;

/**
 * Reads `whsec_<base64 of 24 to 64 bytes>` or `whsk_<base64 of 32 or 64 bytes>`. White space around
 * it is dropped: a secret that is piped into a tool often ends in a line feed. The fault is for
 * people and never holds any of the secret.
 */
export function parseSecret(text: string): Result<SigningSecret, string> {
  const trimmed = text.trim();
  if (trimmed.startsWith(HMAC_PREFIX)) return parseHmac(trimmed.slice(HMAC_PREFIX.length));
  if (trimmed.startsWith(ED25519_PREFIX)) return parseEd25519(trimmed.slice(ED25519_PREFIX.length));
  if (trimmed.startsWith(ED25519_PUBLIC_PREFIX))
    return fault(`is a public key (${ED25519_PUBLIC_PREFIX}…); signing needs ${ED25519_PREFIX}…`);
  return fault(
    `must begin with ${HMAC_PREFIX} (shared key) or ${ED25519_PREFIX} (ed25519 private key)`,
  );
}

function parseHmac(encoded: string): Result<SigningSecret, string> {
  const key = fromBase64(encoded);
  if (key === null) return fault(`must be base64 after ${HMAC_PREFIX}`);
  const { least, most } = HMAC_KEY_BYTES;
  if (key.byteLength < least || key.byteLength > most)
    return fault(`must hold ${least} to ${most} bytes, holds ${key.byteLength}`);
  return ok({ kind: "hmac", key });
}

function parseEd25519(encoded: string): Result<SigningSecret, string> {
  const key = fromBase64(encoded);
  if (key === null) return fault(`must be base64 after ${ED25519_PREFIX}`);
  if (key.byteLength !== SEED_BYTES && key.byteLength !== EXPANDED_KEY_BYTES) {
    return fault(`must hold ${SEED_BYTES} or ${EXPANDED_KEY_BYTES} bytes, holds ${key.byteLength}`);
  }
  return ok({ kind: "ed25519", seed: key.slice(0, SEED_BYTES) });
}
