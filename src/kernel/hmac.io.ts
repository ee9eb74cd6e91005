// Keyed digests by WebCrypto.

import { toBase64Url, toHex, utf8 } from "./bytes.ts";

/** A digest that providers use. */
export type Digest = "sha256" | "sha1" | "sha512";

const WEBCRYPTO_NAME: Readonly<Record<Digest, string>> = {
  sha256: "SHA-256",
  sha1: "SHA-1",
  sha512: "SHA-512",
};

/** Imports the raw bytes of a key; it is good for any number of `macOf`. */
export async function hmacKey(digest: Digest, key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  // WebCrypto refuses an empty key; RFC 2104 pads with zeros, so one zero byte is the same key.
  const material = key.byteLength === 0 ? new Uint8Array(1) : key;
  return crypto.subtle.importKey(
    "raw",
    material,
    { name: "HMAC", hash: WEBCRYPTO_NAME[digest] },
    false,
    ["sign"],
  );
}

/** HMAC (RFC 2104) of `data` under an imported key. */
export const macOf = async (
  key: CryptoKey,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await crypto.subtle.sign("HMAC", key, data));

/** HMAC (RFC 2104) of `data` under the raw `key`. */
export const hmac = async (
  digest: Digest,
  key: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> => macOf(await hmacKey(digest, key), data);

/** HMAC-SHA256 under the UTF-8 text of a key, as all three providers use it. */
export const hmacSha256 = (
  key: string,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> => hmac("sha256", utf8(key), data);

/** A strong entity tag of a text (RFC 9110, 8.8.3). */
export async function entityTag(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", utf8(text));
  return `"${toBase64Url(new Uint8Array(digest)).slice(0, 22)}"`;
}

/** SHA-256 as lower-case hex. */
export async function sha256Hex(data: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", data)));
}
