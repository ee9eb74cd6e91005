// Compares a secret that was presented with the right one.

import { equalBytes, utf8 } from "./bytes.ts";

/**
 * Compares SHA-256 digests, in constant time: neither a common beginning nor the length of the
 * right secret shows in the time.
 */
export async function sameSecret(given: string, wanted: string): Promise<boolean> {
  const [left, right] = await Promise.all(
    [given, wanted].map((text) => crypto.subtle.digest("SHA-256", utf8(text))),
  );
  return (
    left !== undefined &&
    right !== undefined &&
    equalBytes(new Uint8Array(left), new Uint8Array(right))
  );
}
