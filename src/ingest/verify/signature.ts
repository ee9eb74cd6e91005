// Signatures as senders write them: digests in hex or base64, keys in several forms, instants.

import { fromBase64, fromHex, utf8 } from "../../kernel/bytes.ts";
import type { Digest } from "../../kernel/hmac.io.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import type { Millis } from "../../kernel/time.ts";
import type { ClaimFault, Claims, KeyForm } from "../provider.ts";

/** Bytes of each digest. */
const SIZE: Readonly<Record<Digest, number>> = { sha256: 32, sha1: 20, sha512: 64 };

/**
 * Reads the text of a digest: hex in either case, base64 in either alphabet, padded or not. Empty
 * when it has not the right size.
 */
export function digestsOf(text: string, digest: Digest): readonly Uint8Array[] {
  const trimmed = text.trim();
  // No text is a digest of this size in both forms: hex is a third longer.
  const bytes = trimmed.length === SIZE[digest] * 2 ? fromHex(trimmed) : fromBase64(trimmed);
  return bytes?.byteLength === SIZE[digest] ? [bytes] : [];
}

/** The claim of a header that holds the HMAC-SHA256 of the body under the secret's text. */
export function bodyDigest(
  header: string | null,
  body: Uint8Array<ArrayBuffer>,
): Result<Claims, ClaimFault> {
  if (header === null || header.trim() === "") return fault("missing");
  const presented = digestsOf(header, "sha256");
  if (presented.length === 0) return fault("malformed");
  const bases = [() => body];
  return ok({ kind: "hmac", digest: "sha256", key: "utf8", presented, bases, timestamp: null });
}

/**
 * The bytes of a key; `null` when the secret's text has not that form. `whsec` is base64 with or
 * without the prefix (Standard Webhooks).
 */
export function keyBytes(secret: string, form: KeyForm): Uint8Array<ArrayBuffer> | null {
  switch (form) {
    case "utf8":
      return utf8(secret);
    case "base64":
      return fromBase64(secret);
    case "hex":
      return fromHex(secret);
    case "whsec":
      return fromBase64(secret.replace(/^whsec_/, ""));
  }
}

/** How a signed instant is too far from ours; `null` when it is not. A tolerance of 0 is off. */
export function skewFault(
  timestamp: Millis | null,
  now: Millis,
  tolerance: Millis,
): "too-old" | "too-new" | null {
  if (timestamp === null || tolerance === 0) return null;
  if (now - timestamp > tolerance) return "too-old";
  return timestamp - now > tolerance ? "too-new" : null;
}
