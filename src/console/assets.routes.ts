// The console and the browser client, served by the Worker itself: five files, built into it as text.

import { Hono } from "hono";
import clientScript from "../../dist/assets/client.js.txt";
import consoleStyle from "../../dist/assets/console.css.txt";
import consoleScript from "../../dist/assets/console.js.txt";
import etagsText from "../../dist/assets/etags.json.txt";
import page from "../../dist/assets/index.html.txt";
import reactScript from "../../dist/assets/react.js.txt";

/** Entity tags by file name, made from the content when it was built. */
const ETAGS = JSON.parse(etagsText) as Readonly<Record<string, string>>;

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

function script(request: Request, name: string, text: string): Response {
  const etag = ETAGS[name] ?? "";
  const headers = {
    ...COMMON,
    "content-type": name.endsWith(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8",
    "cache-control": `public, max-age=${FRESH}`,
    etag,
  };
  if (isKnown(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  return new Response(text, { headers });
}

/** A script that any page may import, from wherever it is. */
function publicScript(request: Request, name: string, text: string): Response {
  const response = script(request, name, text);
  response.headers.set("access-control-allow-origin", "*");
  response.headers.set("cross-origin-resource-policy", "cross-origin");
  return response;
}

/** To be mounted at the root. Hono answers HEAD from GET. */
export const consoleRoutes = new Hono<{ Bindings: Env }>();

consoleRoutes.get(
  "/",
  () =>
    new Response(page, {
      headers: {
        ...COMMON,
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": POLICY,
        "cross-origin-opener-policy": "same-origin",
      },
    }),
);
consoleRoutes.get("/console.js", (c) => script(c.req.raw, "console.js", consoleScript));
consoleRoutes.get("/console.css", (c) => script(c.req.raw, "console.css", consoleStyle));
consoleRoutes.get("/client.js", (c) => publicScript(c.req.raw, "client.js", clientScript));
consoleRoutes.get("/react.js", (c) => publicScript(c.req.raw, "react.js", reactScript));
