// What the headers of a request say before its body is read: media type, encoding and trace.

import { fault, ok, type Result } from "../../kernel/result.ts";

/** Why a body is not read; the answer is 415. */
export type MediaFault = "no-media-type" | "not-json" | "charset" | "encoding";

const JSON_TYPE = /^application\/(?:json|[a-z0-9!#$&^_.+-]+\+json)$/;

/** One parameter: a token or a quoted string (RFC 9110, 5.6.6). */
const PARAMETER = /;\s*([^\s=;]+)=("(?:[^"\\]|\\.)*"|[^\s;]*)/g;

const UTF8_NAMES: ReadonlySet<string> = new Set(["utf-8", "utf8"]);

/**
 * Accepts `application/json` and `application/*+json` in UTF-8, without a content encoding. A
 * request without a media type is refused: every provider sends one, and a form in a browser
 * cannot send a JSON one.
 */
export function checkMedia(
  contentType: string | null,
  contentEncoding: string | null,
): Result<null, MediaFault> {
  if (
    contentEncoding !== null &&
    contentEncoding.trim() !== "" &&
    contentEncoding.trim().toLowerCase() !== "identity"
  ) {
    return fault("encoding");
  }
  if (contentType === null || contentType.trim() === "") return fault("no-media-type");
  const [essence = ""] = contentType.split(";", 1);
  if (!JSON_TYPE.test(essence.trim().toLowerCase())) return fault("not-json");
  for (const [, name = "", value = ""] of contentType.matchAll(PARAMETER)) {
    if (
      name.toLowerCase() === "charset" &&
      !UTF8_NAMES.has(value.replaceAll('"', "").toLowerCase())
    )
      return fault("charset");
  }
  return ok(null);
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
