// A recipe as it is compiled: the ways of proof, of which any is enough.

import type { Digest } from "../../kernel/hmac.io.ts";
import type { Millis } from "../../kernel/time.ts";
import type { BasePart } from "./base.ts";
import type { Handshake } from "./handshake.ts";
import type { PublicKeyMaterial } from "./keys/material.ts";
import type { Layout } from "./layout.ts";
import type { JwtAlgorithm, KeyForm, TextEncoding } from "./recipe.ts";

/** A header's name in lower case, or a pattern of which `*` stood between the two texts. */
export type HeaderName =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "pattern"; readonly before: string; readonly after: string };

/** Where public keys come from. */
export type KeySource =
  | { readonly kind: "jwks"; readonly url: string }
  | { readonly kind: "literal"; readonly material: PublicKeyMaterial };

/** What a base is made of, in order. */
export type Base = readonly BasePart[];

/** How a request is proved. Public keys without `keys` are the secrets of the source. */
export type Proof =
  | {
      readonly kind: "mac";
      readonly digest: Digest;
      readonly encoding: TextEncoding;
      readonly key: KeyForm;
      readonly bases: readonly Base[];
    }
  | {
      readonly kind: "digest";
      readonly digest: Digest;
      readonly encoding: TextEncoding;
      readonly bases: readonly Base[];
    }
  | {
      readonly kind: "public-key";
      readonly algorithm: "ed25519" | "rs256";
      readonly encoding: TextEncoding;
      readonly keys: readonly KeySource[];
      readonly bases: readonly Base[];
    }
  | { readonly kind: "token" }
  | {
      readonly kind: "jwt";
      readonly alg: JwtAlgorithm;
      readonly key: KeyForm;
      readonly keys: readonly KeySource[];
      readonly iss: string | null;
      readonly aud: string | null;
      readonly bodyClaim: string | null;
      readonly encoding: TextEncoding;
    };

/** Which public keys check the signatures of a token. */
export const JWT_KEYS = { RS256: "rs256", ES256: "es256" } as const;

/** Where a request carries the SHA-256 of its body. */
export interface BodyHash {
  readonly place: "query" | "header";
  readonly name: string;
}

/** One compiled way of proof. */
export interface Scheme {
  readonly headers: readonly HeaderName[];
  readonly layout: Layout;
  readonly timestampHeader: string | null;
  readonly idHeader: string | null;
  /** `null`: the recipe does not say. */
  readonly tolerance: Millis | null;
  readonly proof: Proof;
  readonly bodyHash: BodyHash | null;
  readonly handshake: Handshake | null;
}

/** A compiled `verify`: any of the ways of proof is enough. There is at least one. */
export interface CompiledRecipe {
  readonly schemes: readonly Scheme[];
}

/** Whether the proof says anything about the body; `check` warns when it does not. */
export function coversBody({ proof, bodyHash }: Scheme): boolean {
  switch (proof.kind) {
    case "token":
      // Whoever has the secret may send any body.
      return true;
    case "jwt":
      return proof.bodyClaim !== null || bodyHash !== null;
    case "mac":
    case "digest":
    case "public-key":
      return bodyHash !== null || proof.bases.every((base) => base.some(isOfWholeBody));
  }
}

const isOfWholeBody = ({ kind }: BasePart): boolean => kind === "body" || kind === "body-digest";

/** Whether the proof needs secrets of the source; with `keys` it does not. */
export function needsSecrets({ proof }: Scheme): boolean {
  switch (proof.kind) {
    case "mac":
    case "digest":
    case "token":
      return true;
    case "public-key":
    case "jwt":
      return proof.keys.length === 0;
  }
}
