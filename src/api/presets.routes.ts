// `/v1/presets`: the senders that the relay knows by name, and how each is set up.

import { Hono } from "hono/tiny";
import { PRESETS } from "../ingest/presets/registry.ts";
import { presetView } from "../ingest/presets/view.ts";
import type { AdminEnv } from "./admin.routes.ts";

/** `GET /v1/presets`: all presets in the order of their names. */
export const presetRoutes = new Hono<AdminEnv>();

presetRoutes.get("/v1/presets", (c) => c.json({ items: PRESETS.map(presetView), cursor: null }));
