// Serves the console: three files that are built into the Worker as text.

import { Hono } from "hono";
import { ASSETS } from "../../dist/assets.js";
import { fileResponse } from "../kernel/http/static-file.ts";

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

/** Makes the routes, mounted at the root. Hono answers HEAD from GET. */
export const consoleRoutes = new Hono<{ Bindings: Env }>();

consoleRoutes.get(
  "/",
  () =>
    new Response(ASSETS["index.html"].text, {
      headers: {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": POLICY,
        "cross-origin-opener-policy": "same-origin",
      },
    }),
);
for (const name of ["console.js", "console.css"] as const)
  consoleRoutes.get(`/${name}`, (c) => fileResponse(c.req.raw, name, ASSETS[name]));
