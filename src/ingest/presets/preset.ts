// What a preset has: everything the relay knows about one provider, as data.

import type { MapData } from "../map/compile.ts";

/** How a request proves where it comes from (contract, section 3, recipes). */
export interface RecipeData {
  /** The header that carries the proof; several for providers that rotate through more than one. */
  readonly header: string | readonly string[];
  /** The header's form. Default: `{sig}`. */
  readonly layout?: string;
  /** What is signed. Default: `{body}`. */
  readonly base?: string;
  /** Default: `sha256`. */
  readonly digest?: "sha256" | "sha1" | "sha512" | "ed25519" | "rs256";
  /** How the signature is written. Default: `hex`. */
  readonly encoding?: "hex" | "base64" | "base64url";
  /** How the secret's text becomes a key. Default: `utf8`. */
  readonly key?: "utf8" | "base64" | "hex" | "whsec";
  /** The header that holds `{t}` when the signature's header does not. */
  readonly timestamp?: string;
  /** The header that holds `{id}` when the signature's header does not. */
  readonly id?: string;
  /** Accepted skew of `{t}` in seconds, where it differs from the relay's default. */
  readonly tolerance?: number;
  /** Public keys: the address of a JWKS, a PEM or `whpk_…`. */
  readonly keys?: string;
  /** The header's token is a JWT whose claim holds the body's hash. */
  readonly jwt?: {
    readonly alg: "HS256" | "RS256";
    readonly iss?: string;
    readonly bodyClaim: string;
    readonly encoding: "hex" | "base64" | "base64url";
  };
  /** A verified request that gets an answer of its own. Both are JMESPath over the body. */
  readonly handshake?: { readonly when: string; readonly reply: string };
  /** False for a plain digest over a base that holds `{secret}`. Default: true. */
  readonly mac?: boolean;
}

/** Recipes that presets take by their name. */
export type RecipeName = "standard-webhooks" | "svix" | "github" | "stripe" | "shopify";

/** A recipe, by name or in full. */
export type VerifyData = RecipeName | RecipeData;

/**
 * What becomes of a delivery that fails. `none`: it is lost, or nothing is known, or a retry comes
 * too soon to help. `some`: a few attempts. `many`: attempts over hours or days.
 */
export type RetryLevel = "none" | "some" | "many";

/** Everything about one provider. Texts are for people: `{url}` stands for the source's address. */
export interface Preset {
  /** What `provider`, `verify` and `map` name. */
  readonly name: string;
  readonly title: string;
  /** One of several recipes is enough. */
  readonly verify: VerifyData | readonly VerifyData[];
  readonly map: MapData;
  /** Defaults of the source's own fields, in their units. */
  readonly fields?: {
    readonly throttle?: number;
    readonly stallAfter?: number;
    readonly redact?: readonly string[];
  };
  /** What to do in the provider's dashboard or API, in order. */
  readonly setup: readonly string[];
  readonly retries: { readonly level: RetryLevel; readonly sentence: string };
  /** What this provider does not give, and what to know before relying on it. */
  readonly lacks: readonly string[];
}
