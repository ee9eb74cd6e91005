// Serves the console: a page, a script and a style of the static assets.

import { Hono } from "hono/tiny";
import { staticAsset } from "../kernel/http/static-asset.io.ts";

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

/** A browser asks each time and is answered 304, so that page and script are of one deploy. */
const ASK_AGAIN = "no-cache";

const PAGE = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
};
const SCRIPT = { "content-type": "text/javascript; charset=utf-8", "cache-control": ASK_AGAIN };
const STYLE = { "content-type": "text/css; charset=utf-8", "cache-control": ASK_AGAIN };

/** Makes the routes, mounted at the root. Hono answers HEAD from GET. */
export const consoleRoutes = new Hono<{ Bindings: Env }>();

consoleRoutes.get("/", async (c) => {
  const page = await staticAsset(c.env.ASSETS, c.req.raw, "/console/index.html", PAGE);
  // Cloudflare Access stands in front and vouches for the operator: no token has to be asked for.
  if (c.req.header("cf-access-jwt-assertion") === undefined || !page.ok) return page;
  const mark = { element: (html: Element) => void html.setAttribute("data-access", "") };
  return new HTMLRewriter().on("html", mark).transform(page);
});
consoleRoutes.get("/console.js", (c) =>
  staticAsset(c.env.ASSETS, c.req.raw, "/console/console.js", SCRIPT),
);
consoleRoutes.get("/console.css", (c) =>
  staticAsset(c.env.ASSETS, c.req.raw, "/console/console.css", STYLE),
);
