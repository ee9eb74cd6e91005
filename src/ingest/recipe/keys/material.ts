// What a key's text says: shared keys in their four forms, public keys as `whpk_…` or PEM.

import { fromBase64, fromHex, toHex, utf8 } from "../../../kernel/bytes.ts";
import { fault, ok, type Result } from "../../../kernel/result.ts";
import { ED25519_PREFIX, ED25519_PUBLIC_PREFIX } from "../../../model/signing-secret.ts";
import type { KeyForm, PublicKeyAlgorithm } from "../recipe.ts";

/**
 * The bytes of a public key: 32 of ed25519, or a SubjectPublicKeyInfo (RFC 5280, 4.1) of any kind.
 */
export type PublicKeyMaterial =
  | { readonly kind: "ed25519"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "spki"; readonly bytes: Uint8Array<ArrayBuffer> };

/** Characters of a PEM; an RSA key of 16,384 bits has 2,800. */
export const MAX_KEY_CHARS = 4_096;

/** Bytes of an ed25519 public key (RFC 8032, 5.1.5). */
const ED25519_BYTES = 32;

const PEM_BEGIN = "-----BEGIN ";
const PUBLIC_PEM = "-----BEGIN PUBLIC KEY-----";

/**
 * Texts that are keys of a pair: used as a shared key, one that is public would be known to
 * everybody.
 */
const ASYMMETRIC = [ED25519_PUBLIC_PREFIX, ED25519_PREFIX, PEM_BEGIN] as const;

/**
 * The bytes of a shared key; the fault is the end of a sentence. `whsec` is base64 with or without
 * its prefix (Standard Webhooks). A key of no bytes and a key of a pair are refused.
 */
export function sharedKey(secret: string, form: KeyForm): Result<Uint8Array<ArrayBuffer>, string> {
  const text = secret.trim();
  if (isAsymmetric(text)) return fault("is a key of a pair, where a shared secret is needed");
  const bytes = decoded(text, form);
  if (bytes === null) return fault(NOT_OF_FORM[form]);
  return bytes.byteLength === 0 ? fault("is empty") : ok(bytes);
}

/** Whether a text is a public or private key by its beginning. */
export const isAsymmetric = (text: string): boolean =>
  ASYMMETRIC.some((prefix) => text.startsWith(prefix));

const NOT_OF_FORM: Readonly<Record<KeyForm, string>> = {
  utf8: "is empty",
  base64: "must be base64",
  hex: "must be hex",
  whsec: "must be base64 after whsec_",
};

function decoded(text: string, form: KeyForm): Uint8Array<ArrayBuffer> | null {
  switch (form) {
    case "utf8":
      return utf8(text);
    case "base64":
      return fromBase64(text);
    case "hex":
      return fromHex(text);
    case "whsec":
      // Supabase writes `v1,` before it.
      return fromBase64(text.replace(/^(?:v1,)?whsec_/, ""));
  }
}

/**
 * Reads `whpk_<base64 of 32 bytes>` or a PEM with `BEGIN PUBLIC KEY`; the fault ends a sentence.
 */
function publicKey(given: string): Result<PublicKeyMaterial, string> {
  const text = given.trim();
  if (text.length > MAX_KEY_CHARS) return fault(`must have at most ${MAX_KEY_CHARS} characters`);
  if (text.startsWith(ED25519_PUBLIC_PREFIX)) {
    const bytes = fromBase64(text.slice(ED25519_PUBLIC_PREFIX.length));
    return bytes?.byteLength === ED25519_BYTES
      ? ok({ kind: "ed25519", bytes })
      : fault(`must be base64 of ${ED25519_BYTES} bytes after ${ED25519_PUBLIC_PREFIX}`);
  }
  if (!text.startsWith(PEM_BEGIN)) return fault("must be whpk_… or a PEM");
  const bytes = pemBytes(text, "PUBLIC KEY");
  if (bytes !== null) return ok({ kind: "spki", bytes });
  return fault(`must be a PEM that begins with ${PUBLIC_PEM}`);
}

/** Object identifiers that an SPKI of each algorithm begins with, in DER (RFC 8410, 3279, 5480). */
const IDENTIFIERS: Readonly<Record<PublicKeyAlgorithm, readonly string[]>> = {
  ed25519: ["06032b6570"],
  rs256: ["06092a864886f70d010101"],
  es256: ["06072a8648ce3d0201", "06082a8648ce3d030107"],
};

/** Bytes in which they stand. */
const IDENTIFIER_BYTES = 40;

/** Bytes of an SPKI with an RSA key of 2,048 bits, the least that is believed (RFC 7518, 3.3). */
const LEAST_RSA_SPKI_BYTES = 290;

const KIND: Readonly<Record<PublicKeyAlgorithm, string>> = {
  ed25519: "must be an ed25519 key",
  rs256: "must be an RSA key of 2,048 bits or more",
  es256: "must be a P-256 key",
};

/** Like `publicKey`, and of the kind that an algorithm needs. */
export function publicKeyFor(
  text: string,
  algorithm: PublicKeyAlgorithm,
): Result<PublicKeyMaterial, string> {
  const key = publicKey(text);
  return !key.ok || isOfKind(key.value, algorithm) ? key : fault(KIND[algorithm]);
}

function isOfKind({ kind, bytes }: PublicKeyMaterial, algorithm: PublicKeyAlgorithm): boolean {
  if (kind === "ed25519") return algorithm === "ed25519";
  const beginning = toHex(bytes.subarray(0, IDENTIFIER_BYTES));
  const long = algorithm !== "rs256" || bytes.byteLength >= LEAST_RSA_SPKI_BYTES;
  return long && IDENTIFIERS[algorithm].every((identifier) => beginning.includes(identifier));
}

/** The bytes between the two lines of a PEM (RFC 7468) of this label; `null` when it is none. */
export function pemBytes(pem: string, label: string): Uint8Array<ArrayBuffer> | null {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  // A PEM in an environment variable often has its line ends written as \n.
  const text = pem.replaceAll("\\n", "").trim();
  if (!text.startsWith(begin) || !text.endsWith(end)) return null;
  const bytes = fromBase64(text.slice(begin.length, -end.length).replaceAll(/\s/g, ""));
  return bytes === null || bytes.byteLength === 0 ? null : bytes;
}
