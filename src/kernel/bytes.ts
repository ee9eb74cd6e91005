// Bytes and their text forms. Digests arrive as hex or base64, in either case or alphabet.

const HEX_PAIR = /^(?:[0-9a-fA-F]{2})*$/;

/** They have no state, and making one costs more than most uses of it. */
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Encodes a string as UTF-8. */
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

/** Decodes UTF-8; invalid bytes become U+FFFD, and a leading byte order mark is left out. */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Joins byte arrays. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}

/** The two digits of each byte: every webhook writes some hundred of them. */
const HEX_DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX_DIGITS[byte];
  return text;
}

/** The value of a hex digit's code: 0–9, A–F and a–f. */
const hexValue = (code: number): number =>
  code <= NINE ? code - ZERO : (code | LOWER_CASE) - LOWER_A + 10;

const ZERO = 0x30;
const NINE = 0x39;
const LOWER_A = 0x61;
/** The bit that tells lower case from upper case in ASCII. */
const LOWER_CASE = 0x20;

/** Reads hex in either case; `null` when it is none. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | null {
  if (!HEX_PAIR.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] =
      hexValue(text.charCodeAt(index * 2)) * 16 + hexValue(text.charCodeAt(index * 2 + 1));
  }
  return bytes;
}

/** Standard, padded base64 (RFC 4648, 4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  // In slices: the argument list of one call is bounded.
  for (let at = 0; at < bytes.length; at += 8_192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(binary);
}

/** Unpadded base64url (RFC 4648, 5). */
export const toBase64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Reads base64 or base64url, padded or not; `null` when it is neither. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  const standard = text
    .replaceAll("-", "+")
    .replaceAll("_", "/")
    .replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(standard) || standard.length % 4 === 1) return null;
  const binary = atob(standard);
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** Compares in constant time for one length, so that no signature is guessed byte by byte. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.byteLength !== right.byteLength) return false;
  let difference = 0;
  for (let index = 0; index < left.byteLength; index += 1)
    difference |= (left[index] as number) ^ (right[index] as number);
  return difference === 0;
}
