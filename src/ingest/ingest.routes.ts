// `/hooks/{source}`: where providers post their webhooks.

import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { settingsOf } from "../config/load.ts";
import { now } from "../kernel/clock.io.ts";
import { ingestRequest, refuse } from "./ingest.io.ts";
import { handshake } from "./request/handshake.ts";
import type { TallyDeps } from "./tally/tally.io.ts";

type Hooks = { readonly Bindings: Env };

/**
 * To be mounted at `/hooks`. A slash after the source's id is accepted, because EmailEngine gives
 * up for good on a redirect.
 */
export const ingestRoutes = new Hono<Hooks>();

ingestRoutes.all("/:source", (c) => answer(c, c.req.param("source")));
ingestRoutes.all("/:source/", (c) => answer(c, c.req.param("source")));
// Any other path below `/hooks` names a source that nobody can configure.
ingestRoutes.all("*", (c) => answer(c, ""));

const answer = (c: Context<Hooks>, sourceId: string): Promise<Response> =>
  answerHook(c.req.raw, sourceId, c.env, afterAnswer(c));

/** Answers a request to the address of a source. Never throws. */
export async function answerHook(
  request: Request,
  sourceId: string,
  env: Env,
  after: TallyDeps["after"],
): Promise<Response> {
  const settings = settingsOf(env);
  if (!settings.ok) return refuse({ kind: "misconfigured" }, "error", {});
  const { logLevel } = settings.value;
  const source = settings.value.sources.get(sourceId);
  if (source === undefined) return refuse({ kind: "unknown-source" }, logLevel, {});
  try {
    return request.method === "OPTIONS"
      ? handshakeResponse(request.headers)
      : await ingestRequest(request, source, { env, settings: settings.value, after, now: now() });
  } catch (error) {
    // A bug, or a platform failure outside of an object call: the sender keeps the event.
    return refuse({ kind: "unavailable", reason: "threw" }, logLevel, {
      source: sourceId,
      error: error instanceof Error ? error.message : "unknown",
    });
  }
}

const handshakeResponse = (headers: Headers): Response =>
  new Response(null, {
    status: 204,
    headers: handshake({
      origin: headers.get("webhook-request-origin"),
      rate: headers.get("webhook-request-rate"),
    }),
  });

/** What keeps a request alive after its answer; `null` for one that another route makes. */
function afterAnswer(c: Context<Hooks>): TallyDeps["after"] {
  try {
    const context = c.executionCtx;
    return (work) => {
      context.waitUntil(work);
    };
  } catch {
    return null;
  }
}
