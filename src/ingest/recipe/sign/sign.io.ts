// A recipe run backwards: signs a sample as its sender would, for tests and for the command line.

import { hmacKey, macOf } from "../../../kernel/hmac.io.ts";
import { fault, ok, type Result } from "../../../kernel/result.ts";
import { SECOND, type Millis } from "../../../kernel/time.ts";
import { piecesOf } from "../base.ts";
import { baseBytes, digestOf, ENCODE } from "../digest.io.ts";
import { signedToken } from "./jwt-sign.io.ts";
import { sharedKey } from "../keys/material.ts";
import { signWithPrivateKey } from "../keys/private.io.ts";
import { writeHeader } from "../layout.ts";
import type { RecipeRequest } from "../recipe.ts";
import type { Base, CompiledRecipe, HeaderName, Proof, Scheme } from "../scheme.ts";

/** What is to be signed. */
export interface SampleInput {
  readonly body: Uint8Array<ArrayBuffer>;
  /**
   * The shared secret; for public keys the private one: `whsk_…`, or a PEM with `BEGIN PRIVATE
   * KEY`.
   */
  readonly secret: string;
  readonly now: Millis;
  /** The address to which the sample is posted. */
  readonly url: string;
  /** The event's id, where the recipe has one. */
  readonly id: string;
  /** Headers that the sample has besides, with lower-case names; a base may sign them. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A signed POST. `url` differs from the one given when the recipe has the body's hash in it. */
export interface SignedSample {
  readonly url: string;
  /** Names in lower case: those given, and those of the proof. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * Signs by the first way of proof that the secret fits; the fault is a sentence that says why none
 * does. A header that a base signs and nobody gave is made up from the id.
 */
export async function signSample(
  { schemes }: CompiledRecipe,
  input: SampleInput,
): Promise<Result<SignedSample, string>> {
  const faults: string[] = [];
  for (const scheme of schemes) {
    const signed = await signScheme(scheme, input);
    if (signed.ok) return signed;
    faults.push(signed.fault);
  }
  return fault(faults[0] ?? "The recipe has no way of proof.");
}

async function signScheme(
  scheme: Scheme,
  given: SampleInput,
): Promise<Result<SignedSample, string>> {
  const input = { ...given, secret: given.secret.trim() };
  const { body, id } = input;
  const t = String(Math.floor(input.now / SECOND));
  const { url, headers } = await withBodyHash(scheme, input);
  const own = new Map(Object.entries(headers));
  if (scheme.timestampHeader !== null) own.set(scheme.timestampHeader, t);
  if (scheme.idHeader !== null) own.set(scheme.idHeader, id);
  const bases = "bases" in scheme.proof ? scheme.proof.bases : [];
  for (const name of signedHeaders(bases)) if (!own.has(name)) own.set(name, id);
  const request: RecipeRequest = { method: "POST", url, headers: new Headers([...own]), body };
  const proof = await proofOf(scheme.proof, input, { request, t, id });
  if (!proof.ok) return proof;
  const slots = { t, id, sig: proof.value, token: proof.value };
  own.set(headerOf(scheme.headers), writeHeader(scheme.layout, slots));
  return ok({ url, headers: Object.fromEntries(own), body });
}

/** Names of headers that a base signs. */
const signedHeaders = (bases: readonly Base[]): readonly string[] =>
  bases.flat().flatMap((part) => (part.kind === "header" ? [part.name] : []));

/** The first name; the `*` of a pattern becomes a number, as rotation headers have it. */
function headerOf([name]: readonly HeaderName[]): string {
  if (name === undefined) return "";
  return name.kind === "name" ? name.name : `${name.before}1${name.after}`;
}

async function withBodyHash(
  { bodyHash }: Scheme,
  { url, headers = {}, body }: SampleInput,
): Promise<Pick<SignedSample, "url" | "headers">> {
  if (bodyHash === null) return { url, headers };
  const hash = ENCODE.hex(await digestOf("sha256", body));
  if (bodyHash.place === "header")
    return { url, headers: { ...headers, [bodyHash.name.toLowerCase()]: hash } };
  const joint = url.includes("?") ? "&" : "?";
  return { url: `${url}${joint}${bodyHash.name}=${hash}`, headers };
}

interface Signing {
  readonly request: RecipeRequest;
  readonly t: string;
  readonly id: string;
}

/** The text of the proof that goes into the header. */
async function proofOf(
  proof: Proof,
  input: SampleInput,
  signing: Signing,
): Promise<Result<string, string>> {
  if (proof.kind === "token")
    return input.secret === "" ? fault("The secret is empty.") : ok(input.secret);
  if (proof.kind === "jwt") return signedToken(proof, input);
  const [base = []] = proof.bases;
  const pieces = piecesOf(base, signing);
  if (pieces === null) return fault("The body lacks a part that the recipe signs.");
  if (proof.kind === "public-key") {
    const data = await baseBytes(pieces, input.body, null);
    const signature = await signWithPrivateKey(proof.algorithm, input.secret, data);
    return signature.ok ? ok(ENCODE[proof.encoding](signature.value)) : signature;
  }
  const key = sharedKey(input.secret, proof.kind === "mac" ? proof.key : "utf8");
  if (!key.ok) return fault(`The secret ${key.fault}.`);
  const data = await baseBytes(pieces, input.body, input.secret);
  const digest =
    proof.kind === "mac"
      ? await macOf(await hmacKey(proof.digest, key.value), data)
      : await digestOf(proof.digest, data);
  return ok(ENCODE[proof.encoding](digest));
}
