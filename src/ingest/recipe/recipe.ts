// A recipe as data: what a configuration or a preset says about a sender's proof.

import type { Json } from "../../kernel/json.ts";
import type { Result } from "../../kernel/result.ts";

/** Text forms of a digest or a signature. Both hex and base64 are read; this one is written. */
export const ENCODINGS = ["hex", "base64", "base64url"] as const;
export type TextEncoding = (typeof ENCODINGS)[number];

/** How the bytes of a shared key are made of a secret's text. */
export const KEY_FORMS = ["utf8", "base64", "hex", "whsec"] as const;
export type KeyForm = (typeof KEY_FORMS)[number];

/** Signatures by public key. `es256` is known to tokens alone. */
export type PublicKeyAlgorithm = "ed25519" | "rs256" | "es256";

export const DIGESTS = ["sha256", "sha1", "sha512", "ed25519", "rs256"] as const;
export const JWT_ALGORITHMS = ["HS256", "RS256", "ES256"] as const;
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** The `jwt` table: a token (RFC 7519) that carries the hash of the body. */
export interface JwtData {
  readonly alg?: JwtAlgorithm;
  readonly iss?: string;
  readonly aud?: string;
  /** The claim with the SHA-256 of the body. */
  readonly bodyClaim?: string;
  /** How a signer writes that claim; hex and base64 are both read. */
  readonly encoding?: TextEncoding;
}

/** One way of proof as it stands in the configuration (docs/senders.md, Recipes). */
export interface RecipeData {
  /** Names of the headers with the proof; `*` stands for one or more characters. */
  readonly header: string | readonly string[];
  readonly layout?: string;
  /** What is signed; of several, any may be. */
  readonly base?: string | readonly string[];
  readonly digest?: (typeof DIGESTS)[number];
  readonly encoding?: TextEncoding;
  readonly key?: KeyForm;
  /** The header with `{t}`, when the layout has none. */
  readonly timestamp?: string;
  /** The header with `{id}`, when the layout has none. */
  readonly id?: string;
  /** Seconds of clock skew; 0 is any. */
  readonly tolerance?: number;
  /** A JWKS URL, a PEM or `whpk_…`; without it, public keys are taken from the secrets. */
  readonly keys?: string | readonly string[];
  readonly jwt?: JwtData;
  readonly handshake?: { readonly when: string; readonly reply: string };
  /** `false`: a digest without a key, with `{secret}` in the base. */
  readonly mac?: boolean;
  /** Where a request carries the SHA-256 of its body: `query:<name>` or `header:<name>`. */
  readonly bodyHash?: string;
}

/** What `verify` takes: a name, a table, or a list of them of which any may hold. */
export type VerifyData = string | RecipeData | readonly (string | RecipeData)[];

/** One mistake in a recipe; `path` begins with `verify`. */
export interface Mistake {
  readonly path: string;
  readonly message: string;
}

/** A compiled expression; `null` when it fails or finds nothing. */
export type Expression = (root: Json) => Json | null;

/** Compiles an expression (JMESPath); the fault is the end of a sentence. */
export type CompileExpression = (text: string) => Result<Expression, string>;

/** A request as it came; nothing in it is believed yet. A `Headers` object fits `headers`. */
export interface RecipeRequest {
  readonly method: string;
  /** The whole address, as the sender knows it. */
  readonly url: string;
  readonly headers: {
    get(name: string): string | null;
    keys(): Iterable<string>;
  };
  readonly body: Uint8Array<ArrayBuffer>;
}
