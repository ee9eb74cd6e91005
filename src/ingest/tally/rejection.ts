// A refused request as it may be shown to the operator: cut, and without anything that would let a reader send as the sender.

import { fromUtf8 } from "../../kernel/bytes.ts";
import type { SourceSettings } from "../../config/settings.ts";
import type { Rejection } from "../../model/messages.ts";
import type { Millis } from "../../kernel/time.ts";

/** Characters of a body that are kept: enough to recognise an event and its first fields. */
export const MAX_BODY_SHOWN = 1_024;

/** Headers that are kept, and characters of a name and a value: a hundred refused requests fit one row of 2 MB, whatever they hold. */
export const MAX_HEADERS = 24;
export const MAX_HEADER_NAME = 64;
export const MAX_HEADER_VALUE = 128;

/** Characters of the reason: a body may be wrong in many places, under names that its sender chose. */
export const MAX_REASON = 512;

/** Headers that prove who sends or who reads; `sign` is in `signature`, `auth` in `authorization`. */
const SECRET_HEADER = /sign|auth|token|cookie|secret|key|passw|credential|jwt|session|hmac/;

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

/** Why, and with which status. */
interface RefusalCause {
  readonly status: number;
  readonly reason: string;
  readonly at: Millis;
}

/**
 * Makes the record. The source's own secrets are masked wherever they stand. Where the source has paths to `redact`, no body is
 * kept: it was refused before anybody could tell where in it those are.
 */
export function rejectionOf(
  request: RefusedRequest,
  source: Pick<SourceSettings, "secrets" | "redact">,
  cause: RefusalCause,
): Rejection {
  // The longest first: a shorter one may be part of it.
  const secrets = source.secrets
    .filter((secret) => secret !== "")
    .toSorted((left, right) => right.length - left.length);
  const masked = (text: string): string =>
    secrets.reduce((seen, secret) => seen.replaceAll(secret, MASK), text);
  // Masked before it is cut: half a secret is not recognised. Control characters would take six bytes each when they are written.
  const shown = (text: string, most: number): string =>
    masked(text).slice(0, most).replaceAll(CONTROL, "\ufffd").toWellFormed();
  const headers = [...request.headers]
    .slice(0, MAX_HEADERS)
    .map(
      ([name, value]) =>
        [
          shown(name, MAX_HEADER_NAME),
          SECRET_HEADER.test(name) ? MASK : shown(value, MAX_HEADER_VALUE),
        ] as const,
    );
  return {
    at: cause.at,
    status: cause.status,
    reason: shown(cause.reason, MAX_REASON),
    method: request.method,
    headers: Object.fromEntries(headers),
    body:
      request.body === null || source.redact.length > 0
        ? null
        : shown(fromUtf8(request.body), MAX_BODY_SHOWN),
  };
}
