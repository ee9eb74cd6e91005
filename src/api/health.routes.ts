// `/healthz` is open to everyone. It names problems of the configuration, and never a value.

import { Hono } from "hono/tiny";
import { settingsOf } from "../config/load.ts";

export const healthRoutes = new Hono<{ Bindings: Env }>();

healthRoutes.get("/healthz", (c) => {
  c.header("cache-control", "no-store");
  const settings = settingsOf(c.env);
  if (settings.ok) return c.json({ status: "ok" });
  return c.json({ status: "misconfigured", problems: settings.fault }, 503);
});
