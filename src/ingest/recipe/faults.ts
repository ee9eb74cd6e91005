// Why a request is not believed. The inspector shows the reason; the sender never learns which it
// was.

import { SECOND, type Millis } from "../../kernel/time.ts";

/** Why a request offers no proof that could be checked. */
export type ClaimFault =
  | { readonly kind: "missing-signature" }
  | { readonly kind: "malformed-signature" };

/** Why a proof does not hold. */
export type RecipeFault =
  | ClaimFault
  /**
   * No secret or key confirms it. A keyed digest cannot tell whether the secret differs or the
   * body.
   */
  | { readonly kind: "wrong-secret" }
  /** The signature holds, but the hash that it covers is not the body's. */
  | { readonly kind: "body-changed" }
  /** A token is signed rightly, but made by or for somebody else. */
  | { readonly kind: "wrong-issuer" }
  /**
   * The sender's public keys could not be read: nothing is known against the request, answer 503.
   */
  | { readonly kind: "keys-unavailable" }
  /** `skew` is how far the signed instant lies from ours. */
  | { readonly kind: "timestamp-too-old"; readonly skew: Millis }
  | { readonly kind: "timestamp-too-new"; readonly skew: Millis };

/**
 * How far a request came before it failed: of several ways of proof, the furthest tells the
 * reason.
 */
const DISTANCE: Readonly<Record<RecipeFault["kind"], number>> = {
  "missing-signature": 0,
  "malformed-signature": 1,
  "wrong-secret": 2,
  "keys-unavailable": 3,
  "wrong-issuer": 4,
  "body-changed": 5,
  "timestamp-too-old": 6,
  "timestamp-too-new": 6,
};

/** The fault of the way of proof that came furthest; there is at least one. */
export const furthest = (faults: readonly RecipeFault[]): RecipeFault =>
  faults.reduce(
    (best, one) => (DISTANCE[one.kind] > DISTANCE[best.kind] ? one : best),
    faults[0] ?? { kind: "missing-signature" },
  );

/** One line for the log and the inspector: `timestamp-too-old by 412 s`. */
export function reasonOf(fault: RecipeFault): string {
  switch (fault.kind) {
    case "timestamp-too-old":
    case "timestamp-too-new":
      return `${fault.kind} by ${Math.round(fault.skew / SECOND)} s`;
    case "missing-signature":
    case "malformed-signature":
    case "wrong-secret":
    case "body-changed":
    case "wrong-issuer":
    case "keys-unavailable":
      return fault.kind;
  }
}

/** Whether an instant is near enough; `null` is fine, and a tolerance of 0 turns the check off. */
export function skewFault(
  timestamp: Millis | null,
  now: Millis,
  tolerance: Millis,
): RecipeFault | null {
  if (timestamp === null || tolerance === 0) return null;
  const age = now - timestamp;
  if (age > tolerance) return { kind: "timestamp-too-old", skew: age };
  return -age > tolerance ? { kind: "timestamp-too-new", skew: -age } : null;
}
