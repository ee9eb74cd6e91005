// Signs deliveries by WebCrypto: HMAC-SHA256 (`v1`) and ed25519 (`v1a`) of Standard Webhooks 1.0.

import { toBase64Url, utf8 } from "../../kernel/bytes.ts";
import { KeyCache } from "../../kernel/key-cache.io.ts";
import { parseSecret, type SigningSecret } from "../../model/signing-secret.ts";
import {
  pkcs8OfSeed,
  publicKey,
  signatureEntry,
  signatureHeader,
  signedContent,
  thumbprintText,
  type PublicKey,
} from "./signing.ts";

/** An imported key; the kind names the algorithm it was imported for. */
interface SigningKey {
  readonly kind: SigningSecret["kind"];
  readonly key: CryptoKey;
}

/** The names of the algorithms. Asking a key for its own is a call of the platform each time. */
const ALGORITHMS: Readonly<Record<SigningSecret["kind"], string>> = {
  hmac: "HMAC",
  ed25519: "Ed25519",
};

/** Imported keys by the text of their secret. */
const importedKeys = new KeyCache<SigningKey>();

/**
 * The value of `webhook-signature`: one signature per secret, in their order; `""` without secrets.
 * Throws when a secret does not parse: the configuration refuses those, so here it is a bug.
 */
export async function sign(
  secrets: readonly string[],
  id: string,
  timestampSeconds: number,
  body: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const content = signedContent(id, timestampSeconds, body);
  return signatureHeader(await Promise.all(secrets.map((secret) => signatureOf(secret, content))));
}

async function signatureOf(secret: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const { kind, key } = await importedKeys.get(secret, () => signingKey(secret));
  return signatureEntry(
    kind,
    new Uint8Array(await crypto.subtle.sign(ALGORITHMS[kind], key, content)),
  );
}

async function signingKey(text: string): Promise<SigningKey> {
  const secret = secretOf(text);
  return { kind: secret.kind, key: await importSecret(secret, false) };
}

function secretOf(text: string): SigningSecret {
  const secret = parseSecret(text);
  if (!secret.ok) throw new Error(`a signing secret ${secret.fault}`);
  return secret.value;
}

function importSecret(secret: SigningSecret, extractable: boolean): Promise<CryptoKey> {
  switch (secret.kind) {
    case "hmac":
      return crypto.subtle.importKey(
        "raw",
        secret.key,
        { name: "HMAC", hash: "SHA-256" },
        extractable,
        ["sign"],
      );
    case "ed25519":
      return crypto.subtle.importKey(
        "pkcs8",
        pkcs8OfSeed(secret.seed),
        { name: "Ed25519" },
        extractable,
        ["sign"],
      );
  }
}

/** The public keys of the ed25519 secrets, in their order. Throws like `sign`. */
export async function publicKeys(secrets: readonly string[]): Promise<readonly PublicKey[]> {
  const parsed = secrets.map(secretOf).filter((secret) => secret.kind === "ed25519");
  return Promise.all(parsed.map(publicKeyOf));
}

async function publicKeyOf(secret: SigningSecret): Promise<PublicKey> {
  // WebCrypto gives the public key of a seed only with the private key as JWK; only `x` is read.
  const jwk = await crypto.subtle.exportKey("jwk", await importSecret(secret, true));
  const x = "x" in jwk ? (jwk.x ?? "") : "";
  return publicKey(
    x,
    toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(thumbprintText(x))))),
  );
}
