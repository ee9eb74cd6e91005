// Which browser origins may open streams, and what they are told (WHATWG Fetch, CORS).

/** Allows every origin, when the operator lists it: a stream is opened by its token, never by a cookie. */
const ANY = "*";

/** What an `Origin` header means: no browser, an origin that may, or one that may not. */
export type BrowserOrigin =
  | { readonly kind: "none" }
  | { readonly kind: "allowed"; readonly origin: string }
  | { readonly kind: "refused" };

/** Judges the `Origin` of a request to the relay at `own` (`https://relay.example.com`). */
export function originOf(
  origin: string | null,
  own: string,
  allowed: readonly string[],
): BrowserOrigin {
  if (origin === null) return { kind: "none" };
  return origin === own || allowed.includes(origin) || allowed.includes(ANY)
    ? { kind: "allowed", origin }
    : { kind: "refused" };
}

/** Headers that let an allowed origin read an answer, a refused token's included; nothing for others. */
export function corsHeaders(visitor: BrowserOrigin): Readonly<Record<string, string>> {
  if (visitor.kind !== "allowed") return { vary: "Origin" };
  return {
    vary: "Origin",
    "access-control-allow-origin": visitor.origin,
    "access-control-expose-headers": "retry-after",
  };
}

/** Seconds for which a browser remembers a preflight: a day, of which Chromium keeps two hours. */
const PREFLIGHT_AGE = 86_400;

/** Headers of the answer to a preflight. */
export const preflightHeaders = (visitor: BrowserOrigin): Readonly<Record<string, string>> => ({
  ...corsHeaders(visitor),
  "access-control-allow-methods": "GET",
  "access-control-allow-headers": "authorization, last-event-id",
  "access-control-max-age": String(PREFLIGHT_AGE),
});
