// Verifies a request by its recipe, over the raw bytes, before anything of it is believed.

import { equalBytes } from "../../kernel/bytes.ts";
import { macOf } from "../../kernel/hmac.io.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { sameSecret } from "../../kernel/same-secret.io.ts";
import type { Millis } from "../../kernel/time.ts";
import type { BasePiece } from "./base.ts";
import { readClaims, sha256Readings, type Claims } from "./claims.ts";
import { baseBytes, digestOf } from "./digest.io.ts";
import { furthest, skewFault, type RecipeFault } from "./faults.ts";
import { partiesFault, validityFault, type Jwt } from "./jwt.ts";
import type { JwksStore } from "./keys/jwks.io.ts";
import { sharedCryptoKey } from "./keys/keys.io.ts";
import { isAsymmetric } from "./keys/material.ts";
import { anyKeyConfirms, type Signed } from "./keys/public.io.ts";
import type { RecipeRequest } from "./recipe.ts";
import { JWT_KEYS, type CompiledRecipe, type Proof, type Scheme } from "./scheme.ts";

/** What a verification needs besides the request. */
export interface VerifyOptions {
  /**
   * The secrets of the source, newest first; any of them verifies. White space around them does
   * not count.
   */
  readonly secrets: readonly string[];
  /**
   * The skew for recipes that do not say, and over those that do; `null` leaves it to the recipe.
   */
  readonly tolerance: Millis | null;
  /** The skew when neither the source nor the recipe says. */
  readonly defaultTolerance: Millis;
  readonly now: Millis;
  readonly jwks: JwksStore;
}

/** A request that is believed. */
export interface Verified {
  /** The way of proof that held; its handshake is the one to answer. */
  readonly scheme: Scheme;
  /** Which of `secrets` verified; `null` when a key of the recipe did. */
  readonly secretIndex: number | null;
  readonly timestamp: Millis | null;
  /** The sender's id of the event, where the recipe names one. */
  readonly id: string | null;
}

/**
 * Verifies a request by any way of proof of the recipe, in constant time. The instant is judged
 * only once the signature over it holds, so the reason told is the true one. Never throws for
 * anything in the request.
 */
export async function verifyRecipe(
  { schemes }: CompiledRecipe,
  request: RecipeRequest,
  options: VerifyOptions,
): Promise<Result<Verified, RecipeFault>> {
  const faults: RecipeFault[] = [];
  for (const scheme of schemes) {
    const verified = await verifyScheme(scheme, request, options);
    if (verified.ok) return verified;
    faults.push(verified.fault);
  }
  return fault(furthest(faults));
}

async function verifyScheme(
  scheme: Scheme,
  request: RecipeRequest,
  options: VerifyOptions,
): Promise<Result<Verified, RecipeFault>> {
  const claims = readClaims(scheme, request);
  if (!claims.ok) return claims;
  const held = await hold(scheme.proof, claims.value, request, options);
  if (!held.ok) return held;
  const { timestamp, id, presented } = claims.value;
  const tolerance = options.tolerance ?? scheme.tolerance ?? options.defaultTolerance;
  const wrong =
    (await bodyFault(scheme, claims.value, request)) ??
    skewFault(timestamp, options.now, tolerance) ??
    (presented.kind === "jwt" ? validityFault(presented.jwt, options.now, tolerance) : null);
  return wrong === null ? ok({ scheme, secretIndex: held.value, timestamp, id }) : fault(wrong);
}

/** The index of the secret that confirms the proof; `null` when a key of the recipe did. */
type Holds = Result<number | null, RecipeFault>;

const WRONG_SECRET: Holds = fault({ kind: "wrong-secret" });

async function hold(
  proof: Proof,
  { presented }: Claims,
  request: RecipeRequest,
  options: VerifyOptions,
): Promise<Holds> {
  const secrets = options.secrets.map((secret) => secret.trim());
  if (proof.kind === "token" && presented.kind === "token")
    return tokenHolds(presented.tokens, secrets);
  if (proof.kind === "jwt" && presented.kind === "jwt")
    return jwtHolds(proof, presented.jwt, secrets, options);
  if (presented.kind !== "signature" || proof.kind === "token" || proof.kind === "jwt")
    return WRONG_SECRET;
  let complete = false;
  let last = WRONG_SECRET;
  for (const piecesOf of presented.bases) {
    const pieces = piecesOf();
    if (pieces === null) continue;
    complete = true;
    const signed = { signatures: presented.signatures, kid: null };
    const held = await baseHolds(
      proof,
      { ...signed, pieces, body: request.body },
      secrets,
      options,
    );
    if (held.ok) return held;
    if (held.fault.kind === "keys-unavailable" || last === WRONG_SECRET) last = held;
  }
  return complete ? last : fault({ kind: "malformed-signature" });
}

async function tokenHolds(tokens: readonly string[], secrets: readonly string[]): Promise<Holds> {
  let found: number | null = null;
  for (const [index, secret] of secrets.entries()) {
    if (secret === "" || isAsymmetric(secret)) continue;
    const same = await Promise.all(tokens.map((token) => sameSecret(token, secret)));
    if (same.includes(true)) found ??= index;
  }
  return found === null ? WRONG_SECRET : ok(found);
}

interface SignedPieces {
  readonly signatures: readonly Uint8Array<ArrayBuffer>[];
  readonly kid: string | null;
  readonly pieces: readonly BasePiece[];
  readonly body: Uint8Array<ArrayBuffer>;
}

type SignatureProof = Exclude<Proof, { kind: "token" | "jwt" }>;

async function baseHolds(
  proof: SignatureProof,
  { signatures, kid, pieces, body }: SignedPieces,
  secrets: readonly string[],
  options: VerifyOptions,
): Promise<Holds> {
  switch (proof.kind) {
    case "public-key": {
      const signed: Signed = { signatures, kid, data: await baseBytes(pieces, body, null) };
      return anyKeyConfirms({ ...proof, ...options, secrets }, signed);
    }
    case "mac": {
      const data = await baseBytes(pieces, body, null);
      return firstMatch(signatures, secrets, async (secret) => {
        const key = await sharedCryptoKey(secret, proof.key, proof.digest);
        return key === null ? null : macOf(key, data);
      });
    }
    case "digest":
      return firstMatch(signatures, secrets, async (secret) =>
        secret === "" || isAsymmetric(secret)
          ? null
          : digestOf(proof.digest, await baseBytes(pieces, body, secret)),
      );
  }
}

/** The first secret whose digest is among those presented. */
async function firstMatch(
  signatures: readonly Uint8Array[],
  secrets: readonly string[],
  expectedOf: (secret: string) => Promise<Uint8Array | null>,
): Promise<Holds> {
  for (const [index, secret] of secrets.entries()) {
    const expected = await expectedOf(secret);
    if (expected !== null && signatures.some((signature) => equalBytes(signature, expected)))
      return ok(index);
  }
  return WRONG_SECRET;
}

async function jwtHolds(
  proof: Extract<Proof, { kind: "jwt" }>,
  jwt: Jwt,
  secrets: readonly string[],
  options: VerifyOptions,
): Promise<Holds> {
  const signatures = [jwt.signature];
  const held =
    proof.alg === "HS256"
      ? await firstMatch(signatures, secrets, async (secret) => {
          const key = await sharedCryptoKey(secret, proof.key, "sha256");
          return key === null ? null : macOf(key, jwt.signed);
        })
      : await anyKeyConfirms(
          { ...options, algorithm: JWT_KEYS[proof.alg], keys: proof.keys, secrets },
          { signatures, kid: jwt.kid, data: jwt.signed },
        );
  const stranger = held.ok ? partiesFault(jwt, proof) : null;
  return stranger === null ? held : fault(stranger);
}

/** Whether the hashes that the signature covers are those of the body; most cover none. */
function bodyFault(
  { proof }: Scheme,
  { presented, bodyHashes }: Claims,
  { body }: RecipeRequest,
): Promise<RecipeFault | null> | null {
  const claim = proof.kind === "jwt" ? proof.bodyClaim : null;
  const claimed =
    claim === null || presented.kind !== "jwt"
      ? null
      : sha256Readings(textOf(presented.jwt.claims[claim]));
  return claimed === null && bodyHashes === null ? null : hashFault([claimed, bodyHashes], body);
}

async function hashFault(
  claims: readonly (readonly Uint8Array[] | null)[],
  body: Uint8Array<ArrayBuffer>,
): Promise<RecipeFault | null> {
  const actual = await digestOf("sha256", body);
  const same = claims.every(
    (hashes) => hashes === null || hashes.some((hash) => equalBytes(hash, actual)),
  );
  return same ? null : { kind: "body-changed" };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
