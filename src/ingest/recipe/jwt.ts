// JSON Web Tokens (RFC 7515, 7519) as they stand in a header: taken apart, and their claims judged.

import { fromBase64, utf8 } from "../../kernel/bytes.ts";
import { numberOf } from "../../kernel/json/exact-number.ts";
import { isObject, parseBody, type JsonObject } from "../../kernel/json.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import type { RecipeFault } from "./faults.ts";
import type { JwtAlgorithm } from "./recipe.ts";

/** A token taken apart; nothing in it is believed yet. */
export interface Jwt {
  readonly kid: string | null;
  readonly claims: JsonObject;
  readonly signature: Uint8Array<ArrayBuffer>;
  /** What is signed: the first two parts as they came. */
  readonly signed: Uint8Array<ArrayBuffer>;
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;

/**
 * Takes a compact token apart; `null` when it is none of this algorithm. The recipe fixes the
 * algorithm: a token must not choose how it is checked (RFC 8725, 3.1). Critical extensions are
 * refused, for none is known here.
 */
export function readJwt(text: string, alg: JwtAlgorithm): Jwt | null {
  const parts = text.split(".", 4);
  const [head = "", payload = "", mac = ""] = parts;
  if (parts.length !== 3 || !parts.every((part) => BASE64URL.test(part))) return null;
  const header = objectOf(head);
  const claims = objectOf(payload);
  const signature = fromBase64(mac);
  if (header === null || claims === null || signature === null) return null;
  if (header["alg"] !== alg || header["crit"] !== undefined) return null;
  const kid = header["kid"];
  const signed = utf8(`${head}.${payload}`);
  return { kid: typeof kid === "string" ? kid : null, claims, signature, signed };
}

function objectOf(part: string): JsonObject | null {
  const bytes = fromBase64(part);
  const parsed = bytes === null ? null : parseBody(bytes);
  return parsed?.ok === true && isObject(parsed.value) ? parsed.value : null;
}

/** Who has to have made a token, and for whom; `null` is anybody. */
export interface JwtParties {
  readonly iss: string | null;
  readonly aud: string | null;
}

/** Whether a token is from and for the right ones; `aud` may be a list (RFC 7519, 4.1.3). */
export function partiesFault({ claims }: Jwt, { iss, aud }: JwtParties): RecipeFault | null {
  const audience = claims["aud"] ?? null;
  const meant = Array.isArray(audience) ? audience : [audience];
  const right = (iss === null || claims["iss"] === iss) && (aud === null || meant.includes(aud));
  return right ? null : { kind: "wrong-issuer" };
}

/**
 * Whether a token is valid now by `exp` and `nbf`, give or take the tolerance; 0 turns the check
 * off.
 */
export function validityFault({ claims }: Jwt, now: Millis, tolerance: Millis): RecipeFault | null {
  if (tolerance === 0) return null;
  const expires = instantOf(claims, "exp");
  const begins = instantOf(claims, "nbf");
  if (expires === "unreadable" || begins === "unreadable") return { kind: "malformed-signature" };
  if (expires !== null && now >= expires + tolerance)
    return { kind: "timestamp-too-old", skew: now - expires };
  if (begins !== null && now < begins - tolerance)
    return { kind: "timestamp-too-new", skew: begins - now };
  return null;
}

function instantOf(claims: JsonObject, name: string): Millis | null | "unreadable" {
  const value = claims[name] ?? null;
  if (value === null) return null;
  const number = numberOf(value);
  return number !== null && Number.isFinite(number) ? number * SECOND : "unreadable";
}
