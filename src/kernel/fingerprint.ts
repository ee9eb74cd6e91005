// A short stand-in for a long text, to tell whether two texts are the same.

/** Two multipliers of MurmurHash3's finalizer: each spreads one bit over the whole word. */
const SPREAD_A = 0x85ebca6b;
const SPREAD_B = 0xc2b2ae35;

/**
 * 64 bits over the UTF-16 code units, as 16 hex digits. Two texts share one by chance once in 2^64,
 * and a sender can make such texts: it may only decide what a sender could decide anyway.
 */
export function fingerprint(text: string): string {
  let left = 0xdeadbeef;
  let right = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    left = Math.imul(left ^ unit, 0x9e3779b1);
    right = Math.imul(right ^ unit, 0x5f356495);
  }
  left = Math.imul(left ^ (left >>> 16), SPREAD_A) ^ Math.imul(right ^ (right >>> 13), SPREAD_B);
  right = Math.imul(right ^ (right >>> 16), SPREAD_A) ^ Math.imul(left ^ (left >>> 13), SPREAD_B);
  return [left, right].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
