// Stream tokens are JWTs signed with HS256 (RFC 7519, RFC 7518 3.2): verifies and mints them.

import type { Settings } from "../../config/settings.ts";
import { equalBytes, fromBase64, toBase64Url, utf8 } from "../../kernel/bytes.ts";
import { hmacSha256 } from "../../kernel/hmac.io.ts";
import { isObject } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { sameSecret } from "../../kernel/same-secret.io.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { MAX_TOKEN, readClaims, type Grant, type TokenFault } from "./tokens.ts";

const PART = /^[A-Za-z0-9_-]+$/;

/** Reads one part of a JWT as JSON; `undefined` when it is none. */
function readPart(part: string): unknown {
  const bytes = fromBase64(part);
  if (bytes === null) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Verifies a JWT with any of `keys`, and reads its claims only then. */
export async function verifyToken(
  token: string,
  keys: readonly string[],
  now: Millis,
): Promise<Result<Grant, TokenFault>> {
  const [header = "", claims = "", signature = "", ...more] =
    token.length > MAX_TOKEN ? [] : token.split(".");
  if (more.length > 0 || ![header, claims, signature].every((part) => PART.test(part)))
    return fault("malformed");
  const head = readPart(header);
  const given = fromBase64(signature);
  if (!isObject(head) || given === null) return fault("malformed");
  // The key decides the algorithm, never the token. The relay knows no critical extension (RFC
  // 7515, 4.1.11).
  if (head["alg"] !== "HS256" || head["crit"] !== undefined) return fault("algorithm");
  if (keys.length === 0) return fault("no-keys");
  const digests = await Promise.all(
    keys.map((key) => hmacSha256(key, utf8(`${header}.${claims}`))),
  );
  if (!digests.some((digest) => equalBytes(digest, given))) return fault("signature");
  return readClaims(readPart(claims), now);
}

/** Decides what a token opens: the admin token everything, a stream token its account. */
export async function authorize(
  token: string | null,
  settings: Pick<Settings, "adminToken" | "streamSecrets">,
  now: Millis,
): Promise<Result<Grant, TokenFault>> {
  if (token === null) return fault("missing");
  if (settings.adminToken !== null && (await sameSecret(token, settings.adminToken)))
    return ok({ kind: "admin" });
  return verifyToken(token, settings.streamSecrets, now);
}

/** What a new token shall say. */
export interface MintRequest {
  readonly account: string;
  /** Patterns with an optional trailing `*`; `null` for the whole account. */
  readonly channels: readonly string[] | null;
  /** The one source whose jobs it opens; absent for all. */
  readonly source?: string | undefined;
  /** Life in seconds. */
  readonly expiresIn: number;
  readonly now: Millis;
}

/** Mints a stream token with the newest of the stream secrets. */
export async function mint(secret: string, request: MintRequest): Promise<string> {
  const { account, channels, source, expiresIn, now } = request;
  const issued = Math.floor(now / SECOND);
  const claims = {
    sub: account,
    iat: issued,
    exp: issued + expiresIn,
    ...(channels === null ? {} : { channels }),
    ...(source === undefined ? {} : { source }),
  };
  const signed = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => toBase64Url(utf8(JSON.stringify(part))))
    .join(".");
  return `${signed}.${toBase64Url(await hmacSha256(secret, utf8(signed)))}`;
}
