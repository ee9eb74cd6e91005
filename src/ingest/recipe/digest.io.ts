// Digests, and the bytes that are signed: what only WebCrypto and a secret can fill in.

import { concat, toBase64, toBase64Url, toHex, utf8 } from "../../kernel/bytes.ts";
import type { Digest } from "../../kernel/hmac.io.ts";
import type { BasePiece } from "./base.ts";
import type { TextEncoding } from "./recipe.ts";

/** Text forms of bytes. */
export const ENCODE: Readonly<Record<TextEncoding, (bytes: Uint8Array) => string>> = {
  hex: toHex,
  base64: toBase64,
  base64url: toBase64Url,
};

/** The bytes of a base; a secret and hashes of the body are filled in. */
export function baseBytes(
  pieces: readonly BasePiece[],
  body: Uint8Array<ArrayBuffer>,
  secret: string | null,
): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
  // The usual base is the body alone, which need not be copied.
  return pieces.length === 1 && pieces[0] === body ? body : joined(pieces, body, secret);
}

async function joined(
  pieces: readonly BasePiece[],
  body: Uint8Array<ArrayBuffer>,
  secret: string | null,
): Promise<Uint8Array<ArrayBuffer>> {
  const filled = pieces.map(async (piece) => {
    if (!("kind" in piece)) return piece;
    if (piece.kind === "secret") return utf8(secret ?? "");
    return utf8(ENCODE[piece.encoding](await digestOf(piece.digest, body)));
  });
  return concat(...(await Promise.all(filled)));
}

const WEBCRYPTO_NAME = { sha1: "SHA-1", sha256: "SHA-256", sha512: "SHA-512" } as const;

/** A digest without a key. */
export const digestOf = async (
  digest: Digest,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest(WEBCRYPTO_NAME[digest], data));
