// Serves the scripts that a page of any origin may import.

import { Hono } from "hono/tiny";
import { SCRIPTS } from "../../dist/scripts.js";
import { fileResponse } from "../kernel/http/static-file.ts";

/** Scripts are public: what they do needs a token. */
const ANY_ORIGIN = {
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
};

/** Makes the routes, mounted at the root. Hono answers HEAD from GET. */
export const scriptRoutes = new Hono<{ Bindings: Env }>();

for (const [name, file] of Object.entries(SCRIPTS))
  scriptRoutes.get(`/${name}`, (c) => fileResponse(c.req.raw, name, file, ANY_ORIGIN));
