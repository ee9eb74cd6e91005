// Finds the public key that confirms a signature: among the keys of a recipe, or among the secrets
// of a source.

import { fault, ok, type Result } from "../../../kernel/result.ts";
import type { Millis } from "../../../kernel/time.ts";
import type { RecipeFault } from "../faults.ts";
import type { PublicKeyAlgorithm } from "../recipe.ts";
import type { KeySource } from "../scheme.ts";
import type { JwksStore, KeySetReading, SetKey } from "./jwks.io.ts";
import { confirms, publicCryptoKey, publicCryptoKeyOf } from "./keys.io.ts";

/** What was signed, and by which signatures; one that holds is enough. */
export interface Signed {
  readonly signatures: readonly Uint8Array<ArrayBuffer>[];
  /** The key's id as a token names it; `null` when any key may have signed. */
  readonly kid: string | null;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Where keys may come from: `keys` of the recipe, or without them the secrets. */
export interface KeyOptions {
  readonly algorithm: PublicKeyAlgorithm;
  readonly keys: readonly KeySource[];
  readonly secrets: readonly string[];
  readonly now: Millis;
  readonly jwks: JwksStore;
}

const WRONG: Result<never, RecipeFault> = fault({ kind: "wrong-secret" });
const UNAVAILABLE: Result<never, RecipeFault> = fault({ kind: "keys-unavailable" });

/** The index of the secret that is the key; `null` for a key of the recipe. */
export async function anyKeyConfirms(
  options: KeyOptions,
  signed: Signed,
): Promise<Result<number | null, RecipeFault>> {
  if (options.keys.length === 0) return anySecretConfirms(options, signed);
  let unavailable = false;
  for (const source of options.keys) {
    const verdict = await sourceConfirms(source, options, signed);
    if (verdict === "confirmed") return ok(null);
    unavailable ||= verdict === "unavailable";
  }
  return unavailable ? UNAVAILABLE : WRONG;
}

async function anySecretConfirms(
  { secrets, algorithm }: KeyOptions,
  signed: Signed,
): Promise<Result<number, RecipeFault>> {
  for (const [index, secret] of secrets.entries()) {
    const key = await publicCryptoKeyOf(secret, algorithm);
    if (key !== null && (await keyConfirms(key, algorithm, signed))) return ok(index);
  }
  return WRONG;
}

type Verdict = "confirmed" | "refused" | "unavailable";

async function sourceConfirms(
  source: KeySource,
  { algorithm, jwks, now }: KeyOptions,
  signed: Signed,
): Promise<Verdict> {
  if (source.kind === "literal") {
    const key = await publicCryptoKey(source.material, algorithm);
    return key !== null && (await keyConfirms(key, algorithm, signed)) ? "confirmed" : "refused";
  }
  const set = { url: source.url, algorithm };
  const known = await setConfirms(await jwks.keysOf(set, now), algorithm, signed);
  if (known !== "unknown-key") return known;
  // The sender may have changed its keys since the set was read.
  const newer = await jwks.newerKeysOf(set, now);
  const again = newer === null ? "refused" : await setConfirms(newer, algorithm, signed);
  return again === "unknown-key" ? "refused" : again;
}

async function setConfirms(
  reading: KeySetReading,
  algorithm: PublicKeyAlgorithm,
  signed: Signed,
): Promise<Verdict | "unknown-key"> {
  if (reading.kind === "unavailable") return "unavailable";
  const named = reading.keys.filter(({ kid }) => signed.kid === null || kid === signed.kid);
  if (await anyOf(named, algorithm, signed)) return "confirmed";
  // A named key that is known and does not confirm is the verdict; without a name, a newer key may.
  return signed.kid !== null && named.length > 0 ? "refused" : "unknown-key";
}

async function anyOf(
  keys: readonly SetKey[],
  algorithm: PublicKeyAlgorithm,
  signed: Signed,
): Promise<boolean> {
  for (const { key } of keys) if (await keyConfirms(key, algorithm, signed)) return true;
  return false;
}

async function keyConfirms(
  key: CryptoKey,
  algorithm: PublicKeyAlgorithm,
  { signatures, data }: Signed,
): Promise<boolean> {
  for (const signature of signatures)
    if (await confirms(key, algorithm, signature, data)) return true;
  return false;
}
