// Serves the description of the API: open to everybody, and to pages of every origin.

import { Hono } from "hono/tiny";
import { staticAsset, type AssetHeaders } from "../kernel/http/static-asset.io.ts";

/** These pages have a style of the relay and no script; nobody may frame them. */
const POLICY =
  "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const FOR_ALL = {
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
  "cache-control": "no-cache",
};

const JSON_FILE: AssetHeaders = { ...FOR_ALL, "content-type": "application/json" };
const SCHEMA: AssetHeaders = { ...FOR_ALL, "content-type": "application/schema+json" };
const STYLE: AssetHeaders = { ...FOR_ALL, "content-type": "text/css; charset=utf-8" };
const PAGE: AssetHeaders = {
  ...FOR_ALL,
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": POLICY,
  "referrer-policy": "no-referrer",
};

/** The routes, with full paths. */
export const docsRoutes = new Hono<{ Bindings: Env }>();

for (const path of ["/openapi.json", "/asyncapi.json"])
  docsRoutes.get(path, (c) => staticAsset(c.env.ASSETS, c.req.raw, path, JSON_FILE));

docsRoutes.get("/docs", (c) => staticAsset(c.env.ASSETS, c.req.raw, "/docs/index.html", PAGE));
docsRoutes.get("/docs.css", (c) => staticAsset(c.env.ASSETS, c.req.raw, "/docs/docs.css", STYLE));

// A name is one part of a path, so it leads to no other folder.
docsRoutes.get("/docs/problems/:type", (c) =>
  staticAsset(
    c.env.ASSETS,
    c.req.raw,
    `/docs/problems/${encodeURIComponent(c.req.param("type"))}.html`,
    PAGE,
  ),
);
docsRoutes.get("/schemas/:name", (c) =>
  staticAsset(
    c.env.ASSETS,
    c.req.raw,
    `/schemas/${encodeURIComponent(c.req.param("name"))}`,
    SCHEMA,
  ),
);
