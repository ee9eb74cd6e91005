// What a signature covers and how it is written (Standard Webhooks 1.0).

import { concat, fromBase64, toBase64, utf8 } from "../../kernel/bytes.ts";
import { ED25519_PUBLIC_PREFIX, type SigningSecret } from "../../model/signing-secret.ts";

/** The signature identifier of each kind of secret. */
const SIGNATURE_VERSIONS: Readonly<Record<SigningSecret["kind"], "v1" | "v1a">> = {
  hmac: "v1",
  ed25519: "v1a",
};

/**
 * The signed bytes: `{id}.{timestamp}.{body}`. The body stays bytes, because a provider's body need
 * not be UTF-8. `id` must hold no dot, or one message could pass for another; event ids have none.
 */
export const signedContent = (
  id: string,
  timestampSeconds: number,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> => concat(utf8(`${id}.${timestampSeconds}.`), body);

/** One entry of the header: `v1,<base64>` or `v1a,<base64>`. */
export const signatureEntry = (kind: SigningSecret["kind"], signature: Uint8Array): string =>
  `${SIGNATURE_VERSIONS[kind]},${toBase64(signature)}`;

/** The value of `webhook-signature`: entries in the order of the secrets, divided by a space. */
export const signatureHeader = (entries: readonly string[]): string => entries.join(" ");

/** DER up to the 32-byte seed of an ed25519 private key in PKCS#8 (RFC 8410, 7). */
const PKCS8_PREFIX: readonly number[] = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/** A 32-byte seed as PKCS#8: WebCrypto imports it without the public key, which JWK needs. */
export const pkcs8OfSeed = (seed: Uint8Array): Uint8Array<ArrayBuffer> =>
  concat(Uint8Array.from(PKCS8_PREFIX), seed);

/** A public key as JWK (RFC 8037) with the text form of Standard Webhooks beside it. */
export interface PublicKey {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  /** The public key in base64url. */
  readonly x: string;
  /** The JWK thumbprint (RFC 7638), so the same key has the same id everywhere. */
  readonly kid: string;
  readonly use: "sig";
  readonly alg: "EdDSA";
  /** `whpk_<base64>`. */
  readonly whpk: string;
}

/** The text whose SHA-256 is the thumbprint of an ed25519 key (RFC 7638, 3; RFC 8037, 2). */
export const thumbprintText = (x: string): string => `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`;

/** A public key from its base64url text and its thumbprint. */
export const publicKey = (x: string, kid: string): PublicKey => ({
  kty: "OKP",
  crv: "Ed25519",
  x,
  kid,
  use: "sig",
  alg: "EdDSA",
  whpk: `${ED25519_PUBLIC_PREFIX}${toBase64(fromBase64(x) ?? new Uint8Array())}`,
});

/** A public key and the subscribers whose deliveries it verifies. */
interface PublishedKey extends PublicKey {
  readonly subscribers: readonly string[];
}

/** The document of `/.well-known/jobrelay-keys.json`: a JWK set (RFC 7517, 5). */
interface KeyDocument {
  readonly keys: readonly PublishedKey[];
}

/** Joins the keys of all subscribers; a key that several share appears once. */
export function keyDocument(keysOf: ReadonlyMap<string, readonly PublicKey[]>): KeyDocument {
  const byId = new Map<string, PublishedKey>();
  for (const [subscriber, keys] of keysOf) {
    for (const key of keys) {
      const subscribers = byId.get(key.kid)?.subscribers ?? [];
      byId.set(key.kid, {
        ...key,
        subscribers: subscribers.includes(subscriber) ? subscribers : [...subscribers, subscriber],
      });
    }
  }
  return { keys: [...byId.values()] };
}
