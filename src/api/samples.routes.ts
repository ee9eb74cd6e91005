// `/v1/samples`: the steps of a sample export, and each of them sent as a signed webhook.

import type { ExecutionContext } from "hono";
import { Hono } from "hono/tiny";
import { problemResponse } from "../kernel/problem.ts";
import { sign } from "../samples/signing.ts";
import { bodyOf, CONSOLE_PLAN, exportSteps } from "../samples/steps.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { documentOf } from "./request/body.io.ts";
import { SampleRequest } from "./request/query.ts";

/** The routes that receive webhooks, as they are mounted at `/hooks`. */
interface Hooks {
  request(
    path: string,
    init: RequestInit,
    env: Env,
    executionCtx: ExecutionContext,
  ): Response | Promise<Response>;
}

/**
 * Makes the routes. `GET` lists the steps that the console plays (`{items: [{at, event, current,
 * total}]}`, `at` in ms after the first); `POST` sends one to `hooks` and answers what they answer.
 */
export function sampleRoutes(hooks: Hooks): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.get("/v1/samples", (c) => c.json({ items: exportSteps(CONSOLE_PLAN), cursor: null }));
  routes.post("/v1/samples", async (c) => {
    const request = await documentOf(c.req.raw, SampleRequest);
    if (!request.ok) return problemResponse(request.fault);
    const { source: wanted, guid, ...event } = request.value;
    const source = [...c.var.settings.sources.values()].find(
      ({ id, provider }) => provider === "exportcomments" && (wanted ?? id) === id,
    );
    if (source === undefined) {
      return problemResponse({
        status: 422,
        title: "No such source",
        detail: "A sample needs a source of the provider exportcomments.",
      });
    }
    const body = JSON.stringify(bodyOf(guid, event));
    const [secret] = source.secrets;
    const headers =
      secret === undefined
        ? { "content-type": "application/json" }
        : (await sign({ provider: "exportcomments", secret, body, now: Date.now() })).headers;
    const webhook = { method: "POST", headers, body };
    return hooks.request(`/${source.id}`, webhook, c.env, c.executionCtx);
  });
  return routes;
}
