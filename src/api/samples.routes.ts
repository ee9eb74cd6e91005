// `POST /v1/samples`: plays one step of a sample job through the whole pipeline, as a signed webhook that arrives at its source.

import { Hono, type ExecutionContext } from "hono";
import { toHex, utf8 } from "../kernel/bytes.ts";
import { hmacSha256 } from "../kernel/hmac.io.ts";
import { problemResponse } from "../kernel/problem.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { parse, readJson } from "./query.ts";
import { sampleBody, SampleRequest } from "./sample.ts";

/** The routes that take webhooks, as they are mounted at `/hooks`. */
interface Hooks {
  request(
    path: string,
    init: RequestInit,
    env: Env,
    executionCtx: ExecutionContext,
  ): Response | Promise<Response>;
}

/** Makes the routes, behind the door of the API; what is played goes to `hooks`, and its answer is the answer. */
export function sampleRoutes(hooks: Hooks): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.post("/v1/samples", async (c) => {
    const request = parse(SampleRequest, readJson(await c.req.text()), 422);
    if (!request.ok) return problemResponse(request.fault);
    const { source: wanted } = request.value;
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
    const body = JSON.stringify(sampleBody(request.value));
    const [secret] = source.secrets;
    const signature =
      secret === undefined ? {} : { "x-signature": toHex(await hmacSha256(secret, utf8(body))) };
    const webhook = {
      method: "POST",
      headers: { "content-type": "application/json", ...signature },
      body,
    };
    return hooks.request(`/${source.id}`, webhook, c.env, c.executionCtx);
  });
  return routes;
}
