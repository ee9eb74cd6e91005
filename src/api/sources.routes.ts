// Sources over HTTP: their counts and the requests they refused.

import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { Settings, SourceSettings } from "../config/settings.ts";
import type { ConnectorView } from "../model/connector.ts";
import type { KeptRequest } from "../model/messages.ts";
import { MAX_REJECTED, type SourceCounts } from "../source/inspection.ts";
import { adviceForRefusal } from "../source/refusal-advice.ts";
import { adviceForSource } from "../source/source-advice.ts";
import { MAX_KEPT } from "../source/kept.ts";
import { problemResponse } from "../kernel/problem.ts";
import { iso, isoOrNull } from "../kernel/time.ts";
import { sourceObject, upstreamObject } from "../objects.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { asked, callAll, unavailable } from "./asked.io.ts";
import { answerAgain, keptAnswerOf } from "./idempotency/answers.ts";
import { connectorJson } from "../upstream/view.ts";
import { documentOf } from "./request/body.io.ts";
import { WatchRequest } from "./request/query.ts";

/** Refused requests in an answer: the last ones, and all that are kept whole. */
const MAX_LISTED = MAX_REJECTED + MAX_KEPT;

const noSuchSource = (): Response => problemResponse({ status: 404, title: "No such source" });

/** Ingests a kept request again, as `ingestAgain` does. */
type Again = (
  kept: KeptRequest,
  source: SourceSettings,
  deps: {
    readonly env: Env;
    readonly settings: Settings;
    readonly after: (work: Promise<void>) => void;
  },
) => Promise<Response>;

/** Makes the routes; `again` ingests a kept request. */
export function sourceRoutes(again: Again): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.get("/v1/sources", (c) => listSources(c));
  routes.get("/v1/sources/:id/rejected", (c) => listRejected(c));
  routes.post("/v1/sources/:id/rejected/:n/retry", (c) => retry(c, again));
  routes.post("/v1/sources/:id/watch", (c) => watch(c));
  return routes;
}

async function listSources(c: Context<AdminEnv>): Promise<Response> {
  const sources = [...c.var.settings.sources.values()];
  const told = await callAll(sources.map((source) => () => countsAndConnector(c.env, source)));
  if (!told.ok) return unavailable(c, told.fault);
  const items = sources.flatMap(({ id, provider, recipe }, index) => {
    const source = told.value[index];
    if (source === undefined) return [];
    const { counts, since, seenAt, refusedInARow = 0, connector } = source;
    return [
      {
        id,
        provider,
        verify: recipe === null ? "none" : "secrets",
        counts,
        countedSince: isoOrNull(since),
        lastSeenAt: isoOrNull(seenAt),
        connector: connector === null ? null : connectorJson(connector),
        advice: adviceForSource(refusedInARow, connector?.status),
      },
    ];
  });
  return c.json({ items, cursor: null });
}

/** What a source's objects say of it; a connector that does not run is started by that. */
async function countsAndConnector(
  env: Env,
  { id, upstream }: SourceSettings,
): Promise<SourceCounts & { readonly connector: ConnectorView | null }> {
  const [counts, connector] = await Promise.all([
    sourceObject(env, id).counts(),
    upstream === null ? null : upstreamObject(env, id).state(),
  ]);
  return { ...counts, connector };
}

/** Lets the source's connector poll an export until it ends. */
async function watch(c: Context<AdminEnv>): Promise<Response> {
  const source = c.var.settings.sources.get(c.req.param("id") ?? "");
  if (source === undefined) return noSuchSource();
  const request = await documentOf(c.req.raw, WatchRequest);
  if (!request.ok) return problemResponse(request.fault);
  const { id, upstream } = source;
  if (upstream?.kind !== "emailengine") return problemResponse(NO_POLL);
  return asked(
    c,
    () => upstreamObject(c.env, id).watch([request.value]),
    (answer) => {
      switch (answer) {
        case "watching":
          return c.json({ source: id, ...request.value, state: answer }, 202);
        case "full":
          return problemResponse(TOO_MANY_WATCHED, { "retry-after": "60" });
        case "no-poll":
          return problemResponse(NO_POLL);
      }
    },
  );
}

const NO_POLL = {
  status: 409,
  title: "Conflict",
  detail: "The source has no `poll`, so nothing can be watched.",
} as const;

const TOO_MANY_WATCHED = {
  status: 429,
  title: "Too Many Requests",
  detail: "The source polls as many exports as it may; some have to end first.",
} as const;

async function listRejected(c: Context<AdminEnv>): Promise<Response> {
  const source = c.var.settings.sources.get(c.req.param("id") ?? "");
  if (source === undefined) return noSuchSource();
  return asked(
    c,
    () => sourceObject(c.env, source.id).rejected(),
    (rejected) =>
      c.json({
        items: rejected.slice(0, MAX_LISTED).map(({ at, n = null, kept = false, ...rest }) => ({
          n,
          time: iso(at),
          ...rest,
          ...adviceForRefusal(rest.reason, rest.status),
          kept,
        })),
        cursor: null,
      }),
  );
}

/** Ingests a kept request again and answers what its sender would be told. */
async function retry(c: Context<AdminEnv>, again: Again): Promise<Response> {
  const { settings } = c.var;
  const source = settings.sources.get(c.req.param("id") ?? "");
  if (source === undefined) return noSuchSource();
  const given = c.req.param("n") ?? "";
  const n = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
  if (Number.isNaN(n)) return notKept();
  return asked(
    c,
    () => sourceObject(c.env, source.id).kept(n),
    async (kept) => {
      if (kept === null) return notKept();
      if ("answer" in kept) return answerAgain(kept.answer);
      const after = (work: Promise<void>): void => {
        c.executionCtx.waitUntil(work);
      };
      const response = await again(kept.request, source, { env: c.env, settings, after });
      if (!response.ok) return response;
      // A repetition is answered the same, whether it has a key of its own or none.
      const answer = await keptAnswerOf(response);
      return asked(
        c,
        () => sourceObject(c.env, source.id).release(n, answer),
        () => response,
      );
    },
  );
}

const notKept = (): Response =>
  problemResponse({
    status: 404,
    title: "Not Found",
    detail: "No refused request is kept under this number; keepRefused = true keeps them.",
  });
