// Serves the watch page: the same for every job, since only the browser has the token.

import { Hono } from "hono/tiny";
import { WATCH } from "../../dist/scripts.js";
import { fileResponse } from "../kernel/http/static-file.ts";

/**
 * The page may load its own script and style and connect to its own relay. `'self'` covers `wss:`
 * of the same host (CSP Level 3).
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "x-robots-tag": "noindex",
  "cache-control": "no-cache",
};

/** Makes the routes, mounted at the root. Hono answers HEAD from GET. */
export const watchRoutes = new Hono<{ Bindings: Env }>();

watchRoutes.get("/watch/:source/:guid", (c) =>
  fileResponse(c.req.raw, "watch.html", WATCH["watch.html"], HEADERS),
);
for (const name of ["watch.js", "watch.css"] as const)
  watchRoutes.get(`/${name}`, (c) => fileResponse(c.req.raw, name, WATCH[name]));
