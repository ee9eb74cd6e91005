// Which URLs the relay may call: public https by default, decided on the URL alone.
// The platform's `global_fetch_strictly_public` guards what a public name resolves to.

import { fault, ok, type Result } from "../kernel/result.ts";

/** What a host is, as far as its text says. */
type HostKind =
  /** A name that public DNS may resolve. */
  | "name"
  /** An IP address, public or not. */
  | "address"
  /** A name without a dot: resolved by search lists and local networks only. */
  | "single-label"
  /** A name of a local or special zone. */
  | "special-use"
  /** No host name: empty or overlong labels, a dot at the end, characters outside of DNS names. */
  | "malformed";

/**
 * Zones that never name a public host: IANA's special-use domain names, ICANN's `internal` (2024),
 * the private zones of RFC 6762, appendix G, and those of Kubernetes, Consul and Docker. The names
 * `example.*` of documentation are left out: they are public names that reach nobody.
 */
const SPECIAL_ZONES = [
  "localhost",
  "local",
  "internal",
  "arpa",
  "test",
  "invalid",
  "onion",
  "alt",
  "lan",
  "home",
  "corp",
  "private",
  "intranet",
  "localdomain",
  "svc",
  "cluster",
  "consul",
  "docker",
] as const;

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Longest name in DNS (RFC 1035, 2.3.4, without the root). */
const MAX_NAME = 253;

/**
 * An address as the URL parser writes it: IPv6 in brackets, IPv4 in four decimal numbers. It has
 * turned decimal, octal, hex, percent-encoded and full-width notations into these, and refuses
 * every other host whose last label is a number.
 */
const ADDRESS = /^(?:\[|\d+\.\d+\.\d+\.\d+$)/;

/** Classifies the `hostname` of a parsed http or https URL. */
function hostKind(hostname: string): HostKind {
  if (ADDRESS.test(hostname)) return "address";
  const labels = hostname.split(".");
  if (hostname.length > MAX_NAME || !labels.every((label) => LABEL.test(label))) return "malformed";
  const zone = labels.at(-1);
  if (SPECIAL_ZONES.some((special) => special === zone)) return "special-use";
  return labels.length === 1 ? "single-label" : "name";
}

const HOST_FAULT: Readonly<Record<HostKind, string | null>> = {
  name: null,
  address: "must name a host, not an IP address",
  "single-label": "must name a public host",
  "special-use": "must name a public host",
  malformed: "must have a valid host name",
};

/** What the operator allows. */
export interface UrlPolicy {
  /** `ALLOW_PRIVATE_URLS`: plain http and any host; meant for development. */
  readonly allowPrivate: boolean;
}

/**
 * Scheme, two slashes and an authority; the parser would also take `https:host` and backslashes.
 */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i;

/** Parsers strip or percent-encode these; a person did not mean them. */
const UNEXPECTED = /[\s\p{Cc}\\]/u;

/**
 * Parses and judges a URL that the relay is to call, by configuration or at an attempt. The fault
 * is the end of a sentence (`must be https`) and repeats nothing of the URL: it may carry a secret.
 */
export function checkUrl(url: string, policy: UrlPolicy): Result<URL, string> {
  const authority = ABSOLUTE.exec(url)?.[1];
  if (authority === undefined || UNEXPECTED.test(url) || !URL.canParse(url))
    return fault("must be an absolute URL");
  const parsed = new URL(url);
  if (policy.allowPrivate && parsed.protocol !== "http:" && parsed.protocol !== "https:")
    return fault("must be http or https");
  if (!policy.allowPrivate && parsed.protocol !== "https:") return fault("must be https");
  if (authority.includes("@")) return fault("must not carry a user or password");
  if (url.includes("#")) return fault("must not have a fragment");
  if (policy.allowPrivate) return ok(parsed);
  const wrong = HOST_FAULT[hostKind(parsed.hostname)];
  if (wrong !== null) return fault(wrong);
  return ok(parsed);
}
