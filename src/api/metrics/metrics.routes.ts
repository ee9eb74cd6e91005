// `GET /v1/metrics`: Prometheus text.

import { Hono } from "hono/tiny";
import { now } from "../../kernel/clock.io.ts";
import { problemResponse } from "../../kernel/problem.ts";
import { VERSION } from "../../kernel/version.ts";
import { accountObject, sourceObject, upstreamObject } from "../../objects.ts";
import type { AdminEnv } from "../admin.routes.ts";
import { callAll, unavailable } from "../asked.io.ts";
import { parse } from "../request/parse.ts";
import { MetricsQuery } from "../request/query.ts";
import { subscriberViews } from "../subscribers.routes.ts";
import { exposition } from "./exposition.ts";
import { metricsOf } from "./metrics.ts";

/** Accounts whose streams one request may ask for; each is a call. */
const MAX_ACCOUNTS = 100;

const zip = <T>(names: readonly string[], values: readonly (T | null)[]): ReadonlyMap<string, T> =>
  new Map(
    names.flatMap((name, index) => {
      const value = values[index];
      return value === undefined || value === null ? [] : [[name, value] as const];
    }),
  );

export const metricsRoutes = new Hono<AdminEnv>();

// Accounts are not listed anywhere: those that sources fix are asked for their open streams, and
// the one that the request names.
metricsRoutes.get("/v1/metrics", async (c) => {
  const query = parse(MetricsQuery, c.req.query(), 400);
  if (!query.ok) return problemResponse(query.fault);
  const { settings } = c.var;
  const sourceIds = [...settings.sources.keys()];
  const connected = [...settings.sources.values()].flatMap(({ id, upstream }) =>
    upstream === null ? [] : [id],
  );
  const fixed = [...settings.sources.values()].flatMap(({ account }) => account ?? []);
  const accounts = [...new Set([query.value.account, ...fixed])]
    .filter((account) => account !== undefined)
    .slice(0, MAX_ACCOUNTS);
  const [sources, connectors, viewers, subscribers] = await Promise.all([
    callAll(sourceIds.map((id) => () => sourceObject(c.env, id).counts())),
    callAll(connected.map((id) => () => upstreamObject(c.env, id).state())),
    callAll(accounts.map((account) => () => accountObject(c.env, account).viewers())),
    subscriberViews(c.env, settings),
  ]);
  if (!sources.ok) return unavailable(c, sources.fault);
  if (!connectors.ok) return unavailable(c, connectors.fault);
  if (!viewers.ok) return unavailable(c, viewers.fault);
  if (!subscribers.ok) return unavailable(c, subscribers.fault);
  const measured = {
    version: VERSION,
    now: now(),
    sources: zip(sourceIds, sources.value),
    connectors: zip(connected, connectors.value),
    viewers: zip(accounts, viewers.value),
    subscribers: subscribers.value,
  };
  return c.body(exposition(metricsOf(measured)), 200, {
    "content-type": "text/plain; version=0.0.4; charset=utf-8",
  });
});
