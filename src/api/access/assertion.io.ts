// Verifies what Cloudflare Access asserts of a request: a JWT that its edge signs.

import type { AccessSettings, Settings } from "../../config/settings.ts";
import { keySetsOf } from "../../ingest/key-sets.io.ts";
import { partiesFault, readJwt, validityFault } from "../../ingest/recipe/jwt.ts";
import { anyKeyConfirms } from "../../ingest/recipe/keys/public.io.ts";
import { MINUTE, type Millis } from "../../kernel/time.ts";

/** The header that Access sets; what a client sends under its name, Access replaces. */
export const ASSERTION_HEADER = "cf-access-jwt-assertion";

/** Longest assertion that is read; groups of an identity may be in it. */
const MAX_ASSERTION = 16_384;

/** Clocks of two machines differ by less. */
const TOLERANCE: Millis = MINUTE;

/** Why an assertion opens nothing; for the log. */
export type AssertionFault = "malformed" | "foreign" | "expired" | "unsigned" | "keys-unavailable";

/**
 * Why an assertion is not believed; `null` when it is. It has to be signed by RS256 with a key of
 * the team, issued by the team for one of the applications, and valid now.
 */
export async function assertionFault(
  assertion: string,
  access: AccessSettings,
  settings: Settings,
  now: Millis,
): Promise<AssertionFault | null> {
  const jwt = assertion.length > MAX_ASSERTION ? null : readJwt(assertion, "RS256");
  if (jwt === null) return "malformed";
  const { issuer, audiences } = access;
  if (audiences.every((aud) => partiesFault(jwt, { iss: issuer, aud }) !== null)) return "foreign";
  // A token without an end would open the API for ever.
  if (typeof jwt.claims["exp"] !== "number" || validityFault(jwt, now, TOLERANCE) !== null)
    return "expired";
  const keys = [{ kind: "jwks", url: `${issuer}/cdn-cgi/access/certs` } as const];
  const confirmed = await anyKeyConfirms(
    { algorithm: "rs256", keys, secrets: [], now, jwks: keySetsOf(settings) },
    { signatures: [jwt.signature], kid: jwt.kid, data: jwt.signed },
  );
  if (confirmed.ok) return null;
  return confirmed.fault.kind === "keys-unavailable" ? "keys-unavailable" : "unsigned";
}
