// A refused request as the operator may see it: cut, and without anything that proves a sender.

import { withoutTexts } from "../../config/reading.ts";
import { fromUtf8 } from "../../kernel/bytes.ts";
import type { Rejection } from "../../model/messages.ts";
import type { Millis } from "../../kernel/time.ts";
import { cutText } from "../../kernel/json/text.ts";

/** Characters of a body that are kept: enough to recognise an event and its first fields. */
export const MAX_BODY_SHOWN = 1_024;

/**
 * Headers that are kept, and characters of a name and a value: a hundred refused requests fit a row
 * of 2 MB.
 */
export const MAX_HEADERS = 24;
export const MAX_HEADER_NAME = 64;
export const MAX_HEADER_VALUE = 128;

/** Characters of the reason: a body may be wrong in many places, under names of its sender. */
export const MAX_REASON = 512;

/**
 * Headers that prove who sends or who reads; `sig` is in `signature`, `auth` in `authorization`.
 */
const SECRET_HEADER =
  /sig|auth|token|cookie|secret|key|passw|credential|jwt|session|mac|hash|digest|checksum|proof/;

/** A digest, a key or a token by its look: hex of 16 bytes, or base64 of 24 characters or more. */
const SECRET_VALUE = /[0-9a-f]{32}|[A-Za-z0-9+/_-]{24,}={0,2}/i;

/** Headers that look like it and prove nothing. */
const HARMLESS_HEADER = /^(?:traceparent|tracestate|user-agent|content-type|accept)$|-?(?:id|url)$/;

const MASK = "***";

/** Control characters, those aside that make lines. */
const CONTROL = /[^\P{Cc}\t\n\r]/gu;

/** What is known of a refused request; header names in lower case. */
export interface RefusedRequest {
  readonly method: string;
  readonly headers: Iterable<readonly [name: string, value: string]>;
  /** `null` when it was not read. */
  readonly body: Uint8Array | null;
}

/** What may not be shown: secrets wherever they stand, and paths of the body. */
export interface HiddenParts {
  readonly secrets: readonly string[];
  readonly redact: readonly string[];
}

/** Why, and with which status. */
interface RefusalCause {
  readonly status: number;
  readonly reason: string;
  readonly at: Millis;
}

/**
 * Makes the record. Secrets are masked wherever they stand. Where the source has paths to `redact`,
 * no body is kept: the request was refused before anybody could tell where in it those are.
 */
export function rejectionOf(
  request: RefusedRequest,
  hidden: HiddenParts,
  cause: RefusalCause,
): Rejection {
  const secrets = hidden.secrets.filter((secret) => secret !== "");
  // Masked before it is cut: half a secret is not recognised. A control character takes six bytes
  // when it is written.
  const shown = (text: string, most: number): string =>
    cutText(withoutTexts(text, secrets), most).replaceAll(CONTROL, "\ufffd").toWellFormed();
  const headers = [...request.headers]
    .slice(0, MAX_HEADERS)
    .map(
      ([name, value]) =>
        [
          shown(name, MAX_HEADER_NAME),
          isSecret(name, value) ? MASK : shown(value, MAX_HEADER_VALUE),
        ] as const,
    );
  return {
    at: cause.at,
    status: cause.status,
    reason: shown(cause.reason, MAX_REASON),
    method: request.method,
    headers: Object.fromEntries(headers),
    body:
      request.body === null || hidden.redact.length > 0
        ? null
        : shown(fromUtf8(request.body), MAX_BODY_SHOWN),
  };
}

const isSecret = (name: string, value: string): boolean =>
  SECRET_HEADER.test(name) || (SECRET_VALUE.test(value) && !HARMLESS_HEADER.test(name));
