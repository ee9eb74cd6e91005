// Static headers of a subscriber: safe names, safe values, secrets filled in.

import { step } from "../kernel/json/path.ts";
import { report, type Reading } from "./reading.ts";
import { secretOf } from "./secrets.ts";

/** A field name (RFC 9110, 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Visible characters, spaces and tabs (RFC 9110, 5.5), which is all that fetch can send. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Set by the relay, by HTTP itself, or between two hops only (RFC 9110, 7.6.1). */
const RESERVED: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "content-encoding",
  "host",
  "user-agent",
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
  "traceparent",
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Families of names that the relay sets: its own, and CloudEvents attributes in binary mode. */
const RESERVED_PREFIXES = ["x-jobrelay-", "ce-"] as const;

/** True when the relay, not the operator, decides the header; `name` in lower case. */
export const isReservedHeader = (name: string): boolean =>
  RESERVED.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));

/** The headers with lower-case names and every `${SECRET_NAME}` replaced; reports problems. */
export function headersOf(
  headers: Readonly<Record<string, string>>,
  path: string,
  reading: Reading,
): Readonly<Record<string, string>> {
  const read = new Map<string, string>();
  for (const [key, template] of Object.entries(headers)) {
    const at = step(path, key);
    const name = key.toLowerCase();
    if (!TOKEN.test(key)) report(reading, at, "is not a header name");
    else if (isReservedHeader(name)) report(reading, at, "is set by the relay");
    else if (read.has(name)) report(reading, at, "is given twice");
    read.set(name, valueOf(template, at, reading));
  }
  // Defines own properties, so that a header named __proto__ stays a header.
  return Object.fromEntries(read);
}

const PLACEHOLDER = /\$\{([^}]*)\}/g;

function valueOf(template: string, path: string, reading: Reading): string {
  if (template.replaceAll(PLACEHOLDER, "").includes("${"))
    report(reading, path, 'has a "${" without its "}"');
  // A function as the replacement: a secret's own "$&" or "${X}" stays as it is.
  const value = template.replaceAll(
    PLACEHOLDER,
    (_, name: string) => secretOf(name, path, reading) ?? "",
  );
  if (!FIELD_VALUE.test(value))
    report(reading, path, "must be one line of Latin-1 text once secrets are filled in");
  return value;
}
