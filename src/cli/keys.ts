// New secrets and tokens, made on this machine.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { fromBase64, toBase64, toBase64Url, utf8 } from "../kernel/bytes.ts";
import { hmacSha256 } from "../kernel/hmac.io.ts";
import { SECOND, type Millis } from "../kernel/time.ts";

/** Standard Webhooks asks for 24 to 64 random bytes; 32 is the size of the digest. */
const SECRET_BYTES = 32;

/** A new shared secret for signing deliveries. */
export const newSigningSecret = (): string => `whsec_${toBase64(randomBytes(SECRET_BYTES))}`;

/**
 * A new ed25519 pair: `secret` signs (`whsk_`, the 32-byte seed), `publicKey` verifies (`whpk_`).
 */
export function newKeyPair(): { readonly secret: string; readonly publicKey: string } {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  return { secret: `whsk_${padded(jwk.d)}`, publicKey: `whpk_${padded(jwk.x)}` };
}

const padded = (base64Url: string | undefined): string =>
  toBase64(fromBase64(base64Url ?? "") ?? new Uint8Array());

/** What a stream token opens, and for how long. */
export interface TokenClaims {
  readonly account: string;
  /** Patterns; `null` is the whole account. */
  readonly channels: readonly string[] | null;
  /** Seconds. */
  readonly expiresIn: number;
}

/** Signs a stream token (docs/protocol.md, Tokens) with `STREAM_SECRET`, not asking the relay. */
export async function signStreamToken(
  secret: string,
  claims: TokenClaims,
  now: Millis,
): Promise<string> {
  const issued = Math.floor(now / SECOND);
  const body = {
    sub: claims.account,
    iat: issued,
    exp: issued + claims.expiresIn,
    ...(claims.channels === null ? {} : { channels: claims.channels }),
  };
  const signed = [{ alg: "HS256", typ: "JWT" }, body]
    .map((part) => toBase64Url(utf8(JSON.stringify(part))))
    .join(".");
  return `${signed}.${toBase64Url(await hmacSha256(secret, utf8(signed)))}`;
}
