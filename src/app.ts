// The whole HTTP surface in one list: each room's routes, and the one place where unexpected errors
// end.

import { Hono } from "hono/tiny";
import { operator } from "./api/access/access.routes.ts";
import { requireAdmin } from "./api/admin.routes.ts";
import { docsRoutes } from "./api/docs.routes.ts";
import { healthRoutes } from "./api/health.routes.ts";
import { idempotent } from "./api/idempotency/idempotency.routes.ts";
import { jobRoutes } from "./api/jobs.routes.ts";
import { mcpRoutes } from "./api/mcp/mcp.routes.ts";
import { metricsRoutes } from "./api/metrics/metrics.routes.ts";
import { presetRoutes } from "./api/presets.routes.ts";
import { knownParameters, methodGuard } from "./api/request/guard.routes.ts";
import { ruleRoutes } from "./api/rules.routes.ts";
import { sampleRoutes } from "./api/samples.routes.ts";
import { sourceRoutes } from "./api/sources.routes.ts";
import { subscriberRoutes } from "./api/subscribers.routes.ts";
import { wakeRoutes } from "./api/wake.routes.ts";
import { tokenRoutes } from "./api/tokens.routes.ts";
import { scriptRoutes } from "./client/scripts.routes.ts";
import { consoleRoutes } from "./console/console.routes.ts";
import { keysRoutes } from "./deliver/signing/keys.routes.ts";
import { ingestAgain, ingestRequest } from "./ingest/ingest.io.ts";
import { answerHook, ingestRoutes } from "./ingest/ingest.routes.ts";
import { tellCounts } from "./ingest/tally/counts.routes.ts";
import { discardRest } from "./kernel/http/body.io.ts";
import { log } from "./kernel/log.io.ts";
import { problemResponse } from "./kernel/problem.ts";
import { streamRoutes } from "./stream/http/streams.routes.ts";
import { wakeAfterAnswer } from "./upstream/upstream.routes.ts";
import { wakeAfter } from "./upstream/wake.io.ts";
import { watchRoutes } from "./watch/watch.routes.ts";

type Relay = Hono<{ Bindings: Env }>;

export const app: Relay = new Hono();

const methods = methodGuard(() => app.routes);
// What needs a token asks for it first: methods are judged behind that door.
const NEEDS_TOKEN = /^\/(?:v1\/|mcp$)/;
app.use((c, next) => (NEEDS_TOKEN.test(c.req.path) ? next() : methods(c, next)));
app.use("/v1/*", operator);
app.use("/mcp", operator);
app.route("/", healthRoutes);
app.route("/", keysRoutes);
app.route("/", docsRoutes);
app.route("/", consoleRoutes);
app.route("/", scriptRoutes);
app.route("/", watchRoutes);
for (const path of ["/hooks/*", "/v1/*"]) app.use(path, wakeAfterAnswer);
app.route("/hooks", ingestRoutes);
// Streams have their own door: stream tokens open them as well as the admin token.
app.route("/", streamRoutes);
app.use("/mcp", requireAdmin, methods);
app.route(
  "/",
  mcpRoutes(() => app),
);
app.use("/v1/*", requireAdmin, methods, idempotent, knownParameters);
// What this isolate has counted is told before counts are read.
for (const path of ["/v1/sources", "/v1/sources/*", "/v1/metrics"]) app.use(path, tellCounts);
app.route("/", jobRoutes);
app.route("/", sourceRoutes(ingestAgain));
app.route("/", subscriberRoutes);
app.route("/", wakeRoutes);
app.route("/", ruleRoutes);
app.route("/", presetRoutes);
app.route("/", metricsRoutes);
app.route("/", sampleRoutes(ingestRequest));
app.route("/", tokenRoutes);

app.notFound(() => problemResponse({ status: 404, title: "Not Found" }));
app.onError((error, c) => {
  log("error", "error", "request.failed", {
    method: c.req.method,
    path: c.req.path,
    error: `${error.name}: ${error.message}`,
  });
  return problemResponse({ status: 500, title: "Internal Server Error" });
});

/** The address of a webhook as senders write it; `app` takes any other spelling. */
const HOOK = /^https?:\/\/[^/]+\/hooks\/([\w-]+)\/?(?:\?|$)/;

/** Statuses from here on refuse a request, whose body may not have been read. */
const REFUSED = 400;

/** Answers a request from outside. Most are webhooks, and need no router. */
export async function answer(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const source = request.method === "POST" ? HOOK.exec(request.url)?.[1] : undefined;
  const response =
    source === undefined
      ? await app.fetch(request, env, ctx)
      : await hook(request, source, env, ctx);
  if (response.status >= REFUSED) await discardRest(request.body);
  return response;
}

/** Answers a webhook, and wakes connectors after it. */
async function hook(
  request: Request,
  source: string,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  const after = (work: Promise<unknown>): void => ctx.waitUntil(work);
  const response = await answerHook(request, source, env, after);
  wakeAfter(response, env, after);
  return response;
}
