// What the headers of a request say before its body is read: media type, encoding and trace.

import { fault, ok, type Result } from "../../kernel/result.ts";

/** Why a body is not read; the answer is 415. */
export type MediaFault = "no-media-type" | "not-json" | "encoding";

const JSON_TYPE = /^(?:application|text)\/(?:(?:x-)?json|[a-z0-9!#$&^_.+-]+\+json)$/;

/**
 * Accepts JSON by any of its names (`application/json`, `text/json`, `application/x-json`,
 * `…+json`) without a content encoding. A `charset` is not looked at: senders name `us-ascii` or
 * `iso-8859-1` and send ASCII or UTF-8, and the body has to be UTF-8 whatever its label says. A
 * request without a media type is refused: every provider sends one, and a form in a browser cannot
 * send a JSON one.
 */
export function checkMedia(
  contentType: string,
  contentEncoding: string | null,
): Result<null, MediaFault> {
  const encoding = contentEncoding?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity") return fault("encoding");
  const [essence = ""] = contentType.split(";", 1);
  const type = essence.trim().toLowerCase();
  if (type === "") return fault("no-media-type");
  return JSON_TYPE.test(type) ? ok(null) : fault("not-json");
}

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The sender's trace, to be continued: a valid `traceparent` of version 00 (W3C trace context,
 * 3.2.2; ids of zeros only are invalid), else `null`.
 */
export function traceparentOf(header: string | null): string | null {
  const value = header?.trim() ?? "";
  return TRACEPARENT.test(value) ? value : null;
}
