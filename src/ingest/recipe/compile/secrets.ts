// Whether a secret is a key of the kind that a recipe needs: one that is not would refuse every
// webhook.

import type { Result } from "../../../kernel/result.ts";
import { isAsymmetric, publicKeyFor, sharedKey } from "../keys/material.ts";
import { JWT_KEYS, needsSecrets, type CompiledRecipe, type Proof } from "../scheme.ts";

/**
 * Says why no way of proof can use a secret, as the end of a sentence that holds nothing of it;
 * `null` when one can. A PEM is judged by its kind and form.
 */
export function secretFault({ schemes }: CompiledRecipe, secret: string): string | null {
  const faults = schemes.filter(needsSecrets).map(({ proof }) => faultFor(proof, secret.trim()));
  if (faults.includes(null)) return null;
  return faults[0] ?? "is not needed: the recipe has keys";
}

function faultFor(proof: Proof, secret: string): string | null {
  switch (proof.kind) {
    case "mac":
      return messageOf(sharedKey(secret, proof.key));
    case "jwt":
      return messageOf(
        proof.alg === "HS256"
          ? sharedKey(secret, proof.key)
          : publicKeyFor(secret, JWT_KEYS[proof.alg]),
      );
    case "public-key":
      return messageOf(publicKeyFor(secret, proof.algorithm));
    case "digest":
    case "token":
      if (secret === "") return "is empty";
      return isAsymmetric(secret) ? "is a key of a pair, where a shared secret is needed" : null;
  }
}

const messageOf = (result: Result<unknown, string>): string | null =>
  result.ok ? null : result.fault;
