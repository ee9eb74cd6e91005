// Compiles the part of a recipe that says how a request is proved: digests, public keys, shared
// tokens, JWT.

import { fault, ok, type Result } from "../../../kernel/result.ts";
import { parseBase } from "../base.ts";
import {
  given,
  readFlag,
  readTable,
  readText,
  readTexts,
  readWord,
  refuse,
  refuseGiven,
  refuseUnknown,
  type Place,
} from "./fields.ts";
import { MAX_KEY_CHARS, publicKeyFor } from "../keys/material.ts";
import { hasSlot, wholeLayout, type Layout } from "../layout.ts";
import { DIGESTS, ENCODINGS, JWT_ALGORITHMS, KEY_FORMS } from "../recipe.ts";
import type { PublicKeyAlgorithm } from "../recipe.ts";
import { JWT_KEYS, type Base, type KeySource, type Proof } from "../scheme.ts";

type CheckUrl = (url: string) => Result<URL, string>;

/** Bases of one recipe: the raw body, the re-stringified body, and each with another address. */
const BASE_LIMITS = { chars: 512, entries: 4 };

const KEY_LIMITS = { chars: MAX_KEY_CHARS, entries: 8 };

/** A proof, and the layout as that proof reads it. */
export interface CompiledProof {
  readonly proof: Proof;
  readonly layout: Layout;
}

/** Compiles the proof of one table; `null` when something in it is wrong. */
export function compileProof(
  place: Place,
  layout: Layout,
  checkUrl: CheckUrl,
): CompiledProof | null {
  const before = place.mistakes.length;
  const compiled = compiledOf(place, layout, checkUrl);
  return place.mistakes.length > before ? null : compiled;
}

function compiledOf(place: Place, layout: Layout, checkUrl: CheckUrl): CompiledProof {
  if (given(place, "jwt") !== undefined) return jwtOf(place, layout, checkUrl);
  if (hasSlot(layout, "token")) {
    const keys = ["base", "digest", "encoding", "key", "keys", "mac", "bodyHash"];
    refuseGiven(place, keys, "does not go with {token}");
    return { proof: { kind: "token" }, layout };
  }
  const digest = readWord(place, "digest", DIGESTS) ?? "sha256";
  const encoding = readWord(place, "encoding", ENCODINGS) ?? "hex";
  const keyed = readFlag(place, "mac") ?? true;
  const bases = basesOf(place);
  checkSecretParts(place, bases, keyed);
  if (digest === "ed25519" || digest === "rs256") {
    refuseGiven(place, ["key", "mac"], `does not go with ${digest}`);
    const keys = keysOf(place, digest, checkUrl);
    return { proof: { kind: "public-key", algorithm: digest, encoding, keys, bases }, layout };
  }
  refuseGiven(place, ["keys"], "needs digest ed25519 or rs256");
  if (!keyed) {
    refuseGiven(place, ["key"], "does not go with mac = false");
    return { proof: { kind: "digest", digest, encoding, bases }, layout };
  }
  const key = readWord(place, "key", KEY_FORMS) ?? "utf8";
  return { proof: { kind: "mac", digest, encoding, key, bases }, layout };
}

function basesOf(place: Place): readonly Base[] {
  const texts = readTexts(place, "base", BASE_LIMITS);
  const all = given(place, "base") === undefined ? [{ key: "base", text: "{body}" }] : texts;
  return all.flatMap(({ key, text }) => {
    const base = parseBase(text);
    if (!base.ok) refuse(place, key, base.fault);
    return base.ok ? [base.value] : [];
  });
}

/**
 * A keyed digest has its secret in the key; one without a key proves nothing unless the base has
 * it.
 */
function checkSecretParts(place: Place, bases: readonly Base[], keyed: boolean): void {
  if (keyed && bases.some(hasSecret))
    refuse(place, "base", "has {secret}, which needs mac = false");
  if (!keyed && !bases.every(hasSecret))
    refuse(place, "base", "must have {secret} with mac = false");
}

const hasSecret = (base: Base): boolean => base.some(({ kind }) => kind === "secret");

function keysOf(
  place: Place,
  algorithm: PublicKeyAlgorithm,
  checkUrl: CheckUrl,
): readonly KeySource[] {
  return readTexts(place, "keys", KEY_LIMITS).flatMap(({ key, text }) => {
    const source = sourceOf(text, algorithm, checkUrl);
    if (!source.ok) refuse(place, key, source.fault);
    return source.ok ? [source.value] : [];
  });
}

function sourceOf(
  text: string,
  algorithm: PublicKeyAlgorithm,
  checkUrl: CheckUrl,
): Result<KeySource, string> {
  if (text.includes("://") && !text.startsWith("-----")) {
    const url = checkUrl(text);
    return url.ok ? ok({ kind: "jwks", url: url.value.href }) : fault(url.fault);
  }
  const material = publicKeyFor(text, algorithm);
  return material.ok
    ? ok({ kind: "literal", material: material.value })
    : fault(`${material.fault}, or be the URL of a JWKS`);
}

const JWT_FIELDS = ["alg", "iss", "aud", "bodyClaim", "encoding"] as const;

/** A token: what is signed is the token itself, so nothing of a base applies. */
function jwtOf(place: Place, layout: Layout, checkUrl: CheckUrl): CompiledProof {
  refuseGiven(place, ["base", "digest", "encoding", "mac"], "does not go with jwt");
  const whole = wholeLayout(layout);
  if (whole.form !== "whole") refuse(place, "layout", "must be one {token} with jwt");
  const table = readTable(place, "jwt");
  const jwt = table ?? { ...place, table: {} };
  if (table !== undefined) refuseUnknown(table, JWT_FIELDS);
  const alg = readWord(jwt, "alg", JWT_ALGORITHMS) ?? "HS256";
  if (alg === "HS256") refuseGiven(place, ["keys"], "needs alg RS256 or ES256");
  else refuseGiven(place, ["key"], `does not go with ${alg}`);
  const proof: Proof = {
    kind: "jwt",
    alg,
    key: readWord(place, "key", KEY_FORMS) ?? "utf8",
    keys: alg === "HS256" ? [] : keysOf(place, JWT_KEYS[alg], checkUrl),
    iss: readText(jwt, "iss", 256) ?? null,
    aud: readText(jwt, "aud", 256) ?? null,
    bodyClaim: readText(jwt, "bodyClaim", 64) ?? null,
    encoding: readWord(jwt, "encoding", ENCODINGS) ?? "hex",
  };
  return { proof, layout: whole };
}
