// UTF-8 of a body, with surrogates that some senders encode one by one.

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const encoder = new TextEncoder();

/**
 * Decodes UTF-8 without a leading byte order mark; `null` when it is none. Surrogates that are
 * encoded as three bytes each (CESU-8, WTF-8) are read: a pair as its character, half a pair as
 * U+FFFD.
 */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    const mended = withoutSurrogates(bytes);
    try {
      return mended === null ? null : strict.decode(mended);
    } catch {
      return null;
    }
  }
}

/** The first byte of an encoded surrogate. */
const LEAD = 0xed;
/** The second byte of one begins here: of a high surrogate, of a low one, and what ends both. */
const HIGH = 0xa0;
const LOW = 0xb0;
const END = 0xc0;

/** True when three bytes at `at` encode a surrogate whose second byte is in a range. */
function isSurrogate(bytes: Uint8Array, at: number, from: number, to: number): boolean {
  const [second = 0, third = 0] = [bytes[at + 1], bytes[at + 2]];
  return bytes[at] === LEAD && second >= from && second < to && (third & 0xc0) === 0x80;
}

/** The bytes with every encoded surrogate replaced; `null` when there is none. */
function withoutSurrogates(bytes: Uint8Array): Uint8Array | null {
  const mended = new Uint8Array(bytes.byteLength);
  let size = 0;
  let found = false;
  for (let at = 0; at < bytes.byteLength;) {
    if (!isSurrogate(bytes, at, HIGH, END)) {
      mended[size] = bytes[at] ?? 0;
      size += 1;
      at += 1;
      continue;
    }
    found = true;
    const isPair = isSurrogate(bytes, at, HIGH, LOW) && isSurrogate(bytes, at + 3, LOW, END);
    const text = isPair
      ? String.fromCharCode(surrogateAt(bytes, at), surrogateAt(bytes, at + 3))
      : "\ufffd";
    const encoded = encoder.encode(text);
    mended.set(encoded, size);
    size += encoded.byteLength;
    at += isPair ? 6 : 3;
  }
  return found ? mended.subarray(0, size) : null;
}

/** The code unit in three bytes. */
const surrogateAt = (bytes: Uint8Array, at: number): number =>
  0xd000 | (((bytes[at + 1] ?? 0) & 0x3f) << 6) | ((bytes[at + 2] ?? 0) & 0x3f);
