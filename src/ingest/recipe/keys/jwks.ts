// A JSON Web Key Set (RFC 7517): which of its keys can verify what.

import { isObject, parseBody, type Json, type JsonObject } from "../../../kernel/json.ts";
import type { PublicKeyAlgorithm } from "../recipe.ts";

/** Keys of a set that are looked at; providers publish one to five. */
const MAX_JWKS_KEYS = 32;

/** A public key as WebCrypto imports it, and its id. */
export interface UsableJwk {
  readonly kid: string | null;
  readonly jwk: JsonWebKey;
}

/** Members of a public key by algorithm; everything else, private parts above all, is left out. */
const MEMBERS: Readonly<Record<PublicKeyAlgorithm, readonly string[]>> = {
  ed25519: ["kty", "crv", "x"],
  rs256: ["kty", "n", "e"],
  es256: ["kty", "crv", "x", "y"],
};

const KIND: Readonly<Record<PublicKeyAlgorithm, { readonly kty: string; readonly crv?: string }>> =
  {
    ed25519: { kty: "OKP", crv: "Ed25519" },
    rs256: { kty: "RSA" },
    es256: { kty: "EC", crv: "P-256" },
  };

/** What a key may call its algorithm (RFC 7518, 3.1; RFC 8037; RFC 9864). */
const NAMES: Readonly<Record<PublicKeyAlgorithm, readonly string[]>> = {
  ed25519: ["EdDSA", "Ed25519"],
  rs256: ["RS256"],
  es256: ["ES256"],
};

/** The keys of a set that verify signatures of an algorithm; `null` when the bytes are no set. */
export function jwksOf(
  bytes: Uint8Array,
  algorithm: PublicKeyAlgorithm,
): readonly UsableJwk[] | null {
  const parsed = parseBody(bytes);
  if (!parsed.ok || !isObject(parsed.value) || !Array.isArray(parsed.value["keys"])) return null;
  const listed: readonly Json[] = parsed.value["keys"];
  return listed.slice(0, MAX_JWKS_KEYS).flatMap((key) => usable(key, algorithm) ?? []);
}

function usable(key: Json, algorithm: PublicKeyAlgorithm): UsableJwk | null {
  if (!isObject(key)) return null;
  const { kty, crv } = KIND[algorithm];
  const alg = key["alg"] ?? null;
  const use = key["use"] ?? null;
  if (key["kty"] !== kty || (crv !== undefined && key["crv"] !== crv)) return null;
  if (alg !== null && !NAMES[algorithm].some((name) => name === alg)) return null;
  if (use !== null && use !== "sig") return null;
  const jwk = picked(key, MEMBERS[algorithm]);
  const kid = key["kid"];
  return jwk === null ? null : { kid: typeof kid === "string" ? kid : null, jwk };
}

function picked(key: JsonObject, members: readonly string[]): JsonWebKey | null {
  const values = members.map((member) => [member, key[member]] as const);
  if (!values.every(([, value]) => typeof value === "string")) return null;
  return Object.fromEntries(values);
}
