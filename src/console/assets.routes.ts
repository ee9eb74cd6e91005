// Serves the console and the browser client: five files that are built into the Worker as text.

import { Hono } from "hono";
import { ASSETS } from "../../dist/assets.js";

type Name = keyof typeof ASSETS;

/** How long a browser may use a script without asking again, in seconds; a deploy changes it. */
const FRESH = 300;

/**
 * The console may load its own script and style and connect to its own relay. `'self'` covers
 * `wss:` of the same host (CSP Level 3). No page may frame it, and no form in it can submit.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const COMMON = { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" };

/** True when `If-None-Match` names this version; a proxy that compresses adds `W/` to a tag. */
const isKnown = (asked: string | null, etag: string): boolean =>
  (asked ?? "").split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);

function script(request: Request, name: Name): Response {
  const { text, etag } = ASSETS[name];
  const headers = {
    ...COMMON,
    "content-type": name.endsWith(".css")
      ? "text/css; charset=utf-8"
      : "text/javascript; charset=utf-8",
    "cache-control": `public, max-age=${FRESH}`,
    etag,
  };
  if (isKnown(request.headers.get("if-none-match"), etag))
    return new Response(null, { status: 304, headers });
  return new Response(text, { headers });
}

/** A script that a page of any origin may import. */
function publicScript(request: Request, name: Name): Response {
  const response = script(request, name);
  response.headers.set("access-control-allow-origin", "*");
  response.headers.set("cross-origin-resource-policy", "cross-origin");
  return response;
}

/** Makes the routes, mounted at the root. Hono answers HEAD from GET. */
export const consoleRoutes = new Hono<{ Bindings: Env }>();

consoleRoutes.get(
  "/",
  () =>
    new Response(ASSETS["index.html"].text, {
      headers: {
        ...COMMON,
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": POLICY,
        "cross-origin-opener-policy": "same-origin",
      },
    }),
);
consoleRoutes.get("/console.js", (c) => script(c.req.raw, "console.js"));
consoleRoutes.get("/console.css", (c) => script(c.req.raw, "console.css"));
consoleRoutes.get("/client.js", (c) => publicScript(c.req.raw, "client.js"));
consoleRoutes.get("/react.js", (c) => publicScript(c.req.raw, "react.js"));
