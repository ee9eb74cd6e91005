// Checks a request's proof over its raw bytes, before anything of it is parsed.

import { equalBytes } from "../../kernel/bytes.ts";
import { macOf } from "../../kernel/hmac.io.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { sameSecret } from "../../kernel/same-secret.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { verifyingKey } from "./keys.io.ts";
import type { Arrival, ClaimFault, Claims, Provider } from "../provider.ts";
import { skewFault } from "./signature.ts";

/** For the log and the inspector; the sender never learns which. */
export type VerifyFault = ClaimFault | "mismatch" | "too-old" | "too-new";

/**
 * Verifies a request with any secret of its source, in constant time. The instant is judged only
 * when the signature over it holds, so that the reason is the true one. Sources with
 * `verify = "none"` pass.
 */
export async function verify(
  provider: Provider,
  arrival: Arrival,
  now: Millis,
): Promise<Result<null, VerifyFault>> {
  if (arrival.source.verify === "none") return ok(null);
  const claims = provider.claims(arrival);
  if (!claims.ok) return claims;
  // A blank secret is one that everybody knows.
  const secrets = arrival.source.secrets.filter((secret) => secret.trim() !== "");
  if (!(await holds(claims.value, secrets))) return fault("mismatch");
  const skew = skewFault(
    claims.value.kind === "hmac" ? claims.value.timestamp : null,
    now,
    arrival.source.tolerance,
  );
  return skew === null ? ok(null) : fault(skew);
}

async function holds(claims: Claims, secrets: readonly string[]): Promise<boolean> {
  switch (claims.kind) {
    case "bearer": {
      const same = await Promise.all(secrets.map((secret) => sameSecret(claims.token, secret)));
      return same.includes(true);
    }
    case "hmac":
      return hmacHolds(claims, secrets);
  }
}

async function hmacHolds(
  claims: Extract<Claims, { kind: "hmac" }>,
  secrets: readonly string[],
): Promise<boolean> {
  const imported = await Promise.all(
    secrets.map((secret) => verifyingKey(secret, claims.key, claims.digest)),
  );
  const keys = imported.filter((key) => key !== null);
  for (const baseOf of claims.bases) {
    const base = baseOf();
    if (base === null) continue;
    for (const key of keys) {
      const mac = await macOf(key, base);
      if (claims.presented.some((digest) => equalBytes(digest, mac))) return true;
    }
  }
  return false;
}
