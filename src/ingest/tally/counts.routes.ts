// Brings the counts of sources up to date before a route reads them.

import type { MiddlewareHandler } from "hono";
import type { Settings } from "../../config/settings.ts";
import { tellTally } from "./tally.io.ts";

/** Tells every source what this isolate has counted for it. */
export const tellCounts: MiddlewareHandler<{
  Bindings: Env;
  Variables: { settings: Settings };
}> = async (c, next) => {
  const { sources, logLevel } = c.var.settings;
  await Promise.all([...sources.keys()].map((id) => tellTally(c.env, id, logLevel)));
  await next();
};
