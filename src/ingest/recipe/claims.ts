// What a request offers as proof under a recipe: read from headers and address, with nothing
// believed yet.

import { fromBase64, fromHex } from "../../kernel/bytes.ts";
import type { Digest } from "../../kernel/hmac.io.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { parseIso, parseUnix, type Millis } from "../../kernel/time.ts";
import { piecesOf, type BasePiece } from "./base.ts";
import type { ClaimFault } from "./faults.ts";
import { readJwt, type Jwt } from "./jwt.ts";
import { scanHeader, type Scanned, type Slot } from "./layout.ts";
import type { RecipeRequest } from "./recipe.ts";
import type { Base, BodyHash, HeaderName, Proof, Scheme } from "./scheme.ts";

/** What is presented, by kind of proof. */
export type Presented =
  | {
      readonly kind: "signature";
      /** One that holds is enough. */
      readonly signatures: readonly Uint8Array<ArrayBuffer>[];
      /**
       * What may have been signed, in the order tried; `null` when the request lacks a part of it.
       */
      readonly bases: readonly (() => readonly BasePiece[] | null)[];
    }
  | { readonly kind: "token"; readonly tokens: readonly string[] }
  | { readonly kind: "jwt"; readonly jwt: Jwt };

/** Everything that a request claims. */
export interface Claims {
  readonly presented: Presented;
  /** The sender's instant; `null` when it gives none. Signed when the base has `{t}`. */
  readonly timestamp: Millis | null;
  /** The sender's id of the event; `null` when it gives none. Signed when the base has `{id}`. */
  readonly id: string | null;
  /**
   * The body's SHA-256 as the request gives it, in each reading; `null` when the recipe asks for
   * none.
   */
  readonly bodyHashes: readonly Uint8Array[] | null;
}

/** Headers of one request that may carry signatures. */
const MAX_SIGNATURE_HEADERS = 8;

/** Characters of an id, printable and without spaces. */
const ID = /^[\x21-\x7e]{1,256}$/;

/** A timestamp in digits: seconds or milliseconds. */
const DIGITS = /^\d{1,16}$/;

const MISSING: Result<never, ClaimFault> = fault({ kind: "missing-signature" });
const MALFORMED: Result<never, ClaimFault> = fault({ kind: "malformed-signature" });

/** Reads the claims of a request whose body is not parsed yet. */
export function readClaims(scheme: Scheme, request: RecipeRequest): Result<Claims, ClaimFault> {
  const values = headerValues(scheme.headers, request.headers);
  if (values.length === 0) return MISSING;
  const scanned = values
    .slice(0, MAX_SIGNATURE_HEADERS)
    .map((value) => scanHeader(scheme.layout, value));
  if (scanned.includes(null)) return MALFORMED;
  const all = (slot: Slot) => scanned.flatMap((one: Scanned | null) => one?.[slot] ?? []);
  const t = only([...all("t"), ...headerText(request, scheme.timestampHeader)]);
  const id = only([...all("id"), ...headerText(request, scheme.idHeader)]);
  const timestamp = t.text === null ? null : instantOf(t.text);
  // An id that nothing signs is no proof: a strange one refuses nothing.
  const strangeId = signsId(scheme.proof) ? undefined : null;
  const idText = id.text === null || ID.test(id.text) ? id.text : strangeId;
  const bodyHashes = scheme.bodyHash === null ? null : bodyHashesOf(scheme.bodyHash, request);
  const presented = presentedIn(scheme.proof, all, { request, t: t.text, id: id.text });
  if (t.conflict || id.conflict || idText === undefined || presented === null) return MALFORMED;
  if ((t.text !== null && timestamp === null) || bodyHashes?.length === 0) return MALFORMED;
  return ok({ presented, timestamp, id: idText, bodyHashes });
}

const signsId = (proof: Proof): boolean =>
  "bases" in proof && proof.bases.some((base) => base.some(({ kind }) => kind === "id"));

/** The values of the headers that are there and not blank. */
function headerValues(
  names: readonly HeaderName[],
  headers: RecipeRequest["headers"],
): readonly string[] {
  const values = names.flatMap((name) =>
    name.kind === "name" ? [headers.get(name.name)] : matching(name, headers),
  );
  return values.filter((value) => value !== null).filter((value) => value.trim() !== "");
}

function matching(
  { before, after }: Extract<HeaderName, { kind: "pattern" }>,
  headers: RecipeRequest["headers"],
): readonly (string | null)[] {
  const least = before.length + after.length + 1;
  return [...headers.keys()]
    .map((name) => name.toLowerCase())
    .filter((name) => name.length >= least && name.startsWith(before) && name.endsWith(after))
    .map((name) => headers.get(name));
}

function headerText({ headers }: RecipeRequest, name: string | null): readonly string[] {
  const text = name === null ? "" : (headers.get(name)?.trim() ?? "");
  return text === "" ? [] : [text];
}

/** The one text of all that are given; two different ones contradict each other. */
function only(texts: readonly string[]): {
  readonly text: string | null;
  readonly conflict: boolean;
} {
  const [text = null] = texts;
  return { text, conflict: texts.some((other) => other !== text) };
}

const instantOf = (text: string): Millis | null =>
  DIGITS.test(text) ? parseUnix(Number(text)) : parseIso(text);

interface Input {
  readonly request: RecipeRequest;
  readonly t: string | null;
  readonly id: string | null;
}

function presentedIn(
  proof: Proof,
  all: (slot: Slot) => readonly string[],
  input: Input,
): Presented | null {
  switch (proof.kind) {
    case "token": {
      const tokens = all("token").filter((token) => token !== "");
      return tokens.length === 0 ? null : { kind: "token", tokens };
    }
    case "jwt": {
      const texts = [...all("token"), ...all("sig")];
      const jwt = texts[0] === undefined ? null : readJwt(texts[0], proof.alg);
      return jwt === null || texts.length > 1 ? null : { kind: "jwt", jwt };
    }
    case "mac":
    case "digest":
      return signed(readingsOf(all("sig"), [DIGEST_BYTES[proof.digest]]), proof.bases, input);
    case "public-key":
      return signed(readingsOf(all("sig"), SIGNATURE_BYTES[proof.algorithm]), proof.bases, input);
  }
}

const DIGEST_BYTES: Readonly<Record<Digest, number>> = { sha1: 20, sha256: 32, sha512: 64 };

/** RSA keys of 2,048, 3,072 and 4,096 bits. */
const SIGNATURE_BYTES: Readonly<Record<"ed25519" | "rs256", readonly number[]>> = {
  ed25519: [64],
  rs256: [256, 384, 512],
};

function signed(
  signatures: readonly Uint8Array<ArrayBuffer>[],
  bases: readonly Base[],
  input: Input,
): Presented | null {
  if (signatures.length === 0) return null;
  return {
    kind: "signature",
    signatures,
    bases: bases.map((base) => () => piecesOf(base, input)),
  };
}

/**
 * The bytes of each text as hex in either case and as base64 in either alphabet, where the size is
 * right. The length tells which form is worth reading; an RSA signature may have both.
 */
function readingsOf(
  texts: readonly string[],
  sizes: readonly number[],
): readonly Uint8Array<ArrayBuffer>[] {
  const found: Uint8Array<ArrayBuffer>[] = [];
  for (const text of texts.map((padded) => padded.trim())) {
    const hex = sizes.includes(text.length / 2) ? fromHex(text) : null;
    const base64 = sizes.includes(Math.floor((unpadded(text) * 3) / 4)) ? fromBase64(text) : null;
    for (const bytes of [hex, base64])
      if (bytes !== null && sizes.includes(bytes.byteLength)) found.push(bytes);
  }
  return found;
}

/** The length of a base64 text without its padding. */
const unpadded = (text: string): number =>
  text.length - (text.endsWith("==") ? 2 : Number(text.endsWith("=")));

/** The readings of a SHA-256 in hex or base64, as a claim or a query parameter carries it. */
export const sha256Readings = (text: string): readonly Uint8Array[] =>
  readingsOf([text], [DIGEST_BYTES.sha256]);

function bodyHashesOf({ place, name }: BodyHash, request: RecipeRequest): readonly Uint8Array[] {
  if (place === "header") return sha256Readings(request.headers.get(name) ?? "");
  const values = URL.parse(request.url)?.searchParams.getAll(name) ?? [];
  return values.length === 1 ? sha256Readings(values[0] ?? "") : [];
}
