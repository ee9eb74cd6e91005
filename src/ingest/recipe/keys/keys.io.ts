// Keys that verify requests, imported once per isolate: an import costs as much as the digest of a
// small body.

import { toBase64 } from "../../../kernel/bytes.ts";
import { hmacKey, type Digest } from "../../../kernel/hmac.io.ts";
import { KeyCache } from "../../../kernel/key-cache.io.ts";
import type { KeyForm, PublicKeyAlgorithm } from "../recipe.ts";
import type { UsableJwk } from "./jwks.ts";
import { publicKeyFor, sharedKey, type PublicKeyMaterial } from "./material.ts";

/** Shortest RSA key that is believed, in bits (RFC 7518, 3.3). */
const LEAST_RSA_BITS = 2_048;

const sharedKeys = new KeyCache<CryptoKey>();
const publicKeys = new KeyCache<CryptoKey>();

/** WebCrypto's names for the import and for the check of each algorithm. */
export const ALGORITHMS: Readonly<
  Record<PublicKeyAlgorithm, { readonly name: string; readonly [parameter: string]: string }>
> = {
  ed25519: { name: "Ed25519" },
  rs256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  es256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
};

/** The HMAC key of a secret; `null` when its text is no key of that form. */
export function sharedCryptoKey(
  secret: string,
  form: KeyForm,
  digest: Digest,
): CryptoKey | Promise<CryptoKey | null> {
  return sharedKeys.get(`${digest} ${form} ${secret}`, async () => {
    const bytes = sharedKey(secret, form);
    return bytes.ok ? hmacKey(digest, bytes.value) : null;
  });
}

/** The public key that a secret's text is; `null` when it is none of this algorithm. */
export async function publicCryptoKeyOf(
  secret: string,
  algorithm: PublicKeyAlgorithm,
): Promise<CryptoKey | null> {
  const material = publicKeyFor(secret, algorithm);
  return material.ok ? publicCryptoKey(material.value, algorithm) : null;
}

/** The imported form of a public key; `null` when it is none of this algorithm. */
export async function publicCryptoKey(
  { kind, bytes }: PublicKeyMaterial,
  algorithm: PublicKeyAlgorithm,
): Promise<CryptoKey | null> {
  const format = kind === "ed25519" ? "raw" : "spki";
  return publicKeys.get(`${algorithm} ${kind} ${toBase64(bytes)}`, () =>
    imported(() =>
      crypto.subtle.importKey(format, bytes, ALGORITHMS[algorithm], false, ["verify"]),
    ),
  );
}

/** The imported form of a JWK; `null` when it is none of this algorithm. */
export const jwkCryptoKey = ({ jwk }: UsableJwk, algorithm: PublicKeyAlgorithm) =>
  imported(() => crypto.subtle.importKey("jwk", jwk, ALGORITHMS[algorithm], false, ["verify"]));

async function imported(importKey: () => Promise<CryptoKey>): Promise<CryptoKey | null> {
  try {
    const key = await importKey();
    return isStrong(key) ? key : null;
  } catch {
    // Bytes that are no key.
    return null;
  }
}

function isStrong({ algorithm }: CryptoKey): boolean {
  const bits = "modulusLength" in algorithm ? algorithm.modulusLength : LEAST_RSA_BITS;
  return typeof bits === "number" && bits >= LEAST_RSA_BITS;
}

/**
 * Whether a public key confirms a signature over `data`. ECDSA signatures are two numbers of 32
 * bytes (RFC 7518, 3.4).
 */
export async function confirms(
  key: CryptoKey,
  algorithm: PublicKeyAlgorithm,
  signature: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  try {
    return await crypto.subtle.verify(ALGORITHMS[algorithm], key, signature, data);
  } catch {
    return false;
  }
}
