// Makes a token that carries the hash of a body, as its sender would.

import { toBase64Url, utf8 } from "../../../kernel/bytes.ts";
import { hmac } from "../../../kernel/hmac.io.ts";
import { fault, ok, type Result } from "../../../kernel/result.ts";
import { MINUTE, SECOND, type Millis } from "../../../kernel/time.ts";
import { digestOf, ENCODE } from "../digest.io.ts";
import { sharedKey } from "../keys/material.ts";
import { signWithPrivateKey } from "../keys/private.io.ts";
import { JWT_KEYS, type Proof } from "../scheme.ts";

/** How long a sample's token is valid. */
const VALID_FOR: Millis = 5 * MINUTE;

/** What a token is made for, by which secret or private key. */
export interface TokenInput {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly secret: string;
  readonly now: Millis;
}

/** A signed compact token (RFC 7515, 7.1); the fault is a sentence. */
export async function signedToken(
  proof: Extract<Proof, { kind: "jwt" }>,
  { body, secret, now }: TokenInput,
): Promise<Result<string, string>> {
  const seconds = Math.floor(now / SECOND);
  const hash = ENCODE[proof.encoding](await digestOf("sha256", body));
  const claims = {
    ...(proof.iss === null ? {} : { iss: proof.iss }),
    ...(proof.aud === null ? {} : { aud: proof.aud }),
    iat: seconds,
    exp: seconds + VALID_FOR / SECOND,
    ...(proof.bodyClaim === null ? {} : { [proof.bodyClaim]: hash }),
  };
  const signed = `${partOf({ alg: proof.alg, typ: "JWT" })}.${partOf(claims)}`;
  const signature = await signatureOf(proof, secret, utf8(signed));
  return signature.ok ? ok(`${signed}.${toBase64Url(signature.value)}`) : signature;
}

const partOf = (value: object): string => toBase64Url(utf8(JSON.stringify(value)));

async function signatureOf(
  { alg, key }: Extract<Proof, { kind: "jwt" }>,
  secret: string,
  data: Uint8Array<ArrayBuffer>,
): Promise<Result<Uint8Array<ArrayBuffer>, string>> {
  if (alg !== "HS256") return signWithPrivateKey(JWT_KEYS[alg], secret, data);
  const bytes = sharedKey(secret, key);
  return bytes.ok
    ? ok(await hmac("sha256", bytes.value, data))
    : fault(`The secret ${bytes.fault}.`);
}
