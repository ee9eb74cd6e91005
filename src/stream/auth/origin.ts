// Which browser origins may open streams, and the CORS headers they get (WHATWG Fetch).

/**
 * Allows every origin when the operator lists it: streams are opened by tokens, never by cookies.
 */
const ANY_ORIGIN = "*";

/** What an `Origin` header means: no browser, an allowed origin, or a refused one. */
export type BrowserOrigin =
  | { readonly kind: "none" }
  | { readonly kind: "allowed"; readonly origin: string }
  | { readonly kind: "refused" };

/** Decides the `Origin` of a request to the relay at `own` (`https://relay.example.com`). */
export function originOf(
  origin: string | null,
  own: string,
  allowed: readonly string[],
): BrowserOrigin {
  if (origin === null) return { kind: "none" };
  return origin === own || allowed.includes(origin) || allowed.includes(ANY_ORIGIN)
    ? { kind: "allowed", origin }
    : { kind: "refused" };
}

/**
 * Headers that let an allowed origin read an answer, also that of a refused token; none for others.
 */
export function corsHeaders(origin: BrowserOrigin): Readonly<Record<string, string>> {
  if (origin.kind !== "allowed") return { vary: "Origin" };
  return {
    vary: "Origin",
    "access-control-allow-origin": origin.origin,
    "access-control-expose-headers": "retry-after",
  };
}

/** How long a browser may remember a preflight: a day; Chromium stops at two hours. */
const PREFLIGHT_SECONDS = 86_400;

/** Headers of the answer to a preflight. */
export const preflightHeaders = (origin: BrowserOrigin): Readonly<Record<string, string>> => ({
  ...corsHeaders(origin),
  "access-control-allow-methods": "GET",
  "access-control-allow-headers": "authorization, last-event-id",
  "access-control-max-age": String(PREFLIGHT_SECONDS),
});
