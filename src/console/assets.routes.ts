// The console and the browser client, served by the Worker itself: five files, built into it as text.

import { Hono } from "hono";
import { ASSETS } from "../../dist/assets.js";

type Name = keyof typeof ASSETS;

/** Seconds that a script may be used without asking again; a deploy may change it at any time. */
const FRESH = 300;

/**
 * What the console's page may do: load its own script and style, and talk to its own relay. `'self'` covers `wss:` of the same host
 * (CSP Level 3); nothing may frame it, and nothing in it can submit anywhere.
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

/** True when the copy that the asker has (`If-None-Match`) is this one; `W/` is what a compressing proxy makes of a tag. */
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

/** A script that any page may import, from wherever it is. */
function publicScript(request: Request, name: Name): Response {
  const response = script(request, name);
  response.headers.set("access-control-allow-origin", "*");
  response.headers.set("cross-origin-resource-policy", "cross-origin");
  return response;
}

/** To be mounted at the root. Hono answers HEAD from GET. */
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
