// Serves a file that is built into the Worker as text.

/** A file's text and its strong entity tag. */
export interface StaticFile {
  readonly text: string;
  readonly etag: string;
}

/** How long a browser may use a file without asking again, in seconds; a deploy changes it. */
const FRESH = 300;

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/** True when `If-None-Match` names this version; a proxy that compresses adds `W/` to a tag. */
export const isKnownTag = (asked: string | null, etag: string): boolean =>
  (asked ?? "").split(",").some((tag) => strong(tag.trim()) === strong(etag));

const strong = (tag: string): string => tag.replace(/^W\//, "");

/** Answers a request for a script or a style. */
export function fileResponse(
  request: Request,
  name: string,
  { text, etag }: StaticFile,
  more: Readonly<Record<string, string>> = {},
): Response {
  const headers = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-type": TYPES[name.split(".").at(-1) ?? ""] ?? "text/plain; charset=utf-8",
    "cache-control": `public, max-age=${FRESH}`,
    etag,
    ...more,
  };
  return isKnownTag(request.headers.get("if-none-match"), etag)
    ? new Response(null, { status: 304, headers })
    : new Response(text, { headers });
}
