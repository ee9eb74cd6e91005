// Which bodies are worth reading, told from the headers alone.

import { fault, ok, type Result } from "../../kernel/result.ts";

export type MediaFault = "no-media-type" | "not-json" | "charset" | "encoding";

const JSON_TYPE = /^application\/(?:json|[a-z0-9!#$&^_.+-]+\+json)$/;

/** One parameter: a token or a quoted string (RFC 9110, 5.6.6). */
const PARAMETER = /;\s*([^\s=;]+)=("(?:[^"\\]|\\.)*"|[^\s;]*)/g;

const UTF8_NAMES: ReadonlySet<string> = new Set(["utf-8", "utf8"]);

/**
 * Accepts `application/json` and `application/*+json` in UTF-8, without a content encoding. A request that names no
 * media type at all is not a JSON one: every provider names it, a browser's form never can.
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
