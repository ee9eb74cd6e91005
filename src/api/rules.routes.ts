// The rule simulator: which subscribers an event would go to, and why.

import { Hono } from "hono/tiny";
import type { RelayEvent } from "../model/event.ts";
import { problemResponse } from "../kernel/problem.ts";
import { explain } from "../route/rules.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { documentOf } from "./request/body.io.ts";
import { readEvent } from "./request/parse.ts";
import { SimulateRequest } from "./request/query.ts";

export const ruleRoutes = new Hono<AdminEnv>();

ruleRoutes.post("/v1/rules/simulate", async (c) => {
  const request = await documentOf(c.req.raw, SimulateRequest, readEvent);
  if (!request.ok) return problemResponse(request.fault);
  const event = request.value as unknown as RelayEvent;
  const provider =
    c.var.settings.sources.get(typeof event.source === "string" ? event.source : "")?.provider ??
    "";
  return c.json(explain(event, provider, c.var.settings));
});
