// `/v1/samples`: the steps of a sample export, and each of them sent as a signed webhook.

import { Hono } from "hono/tiny";
import type { Settings, SourceSettings } from "../config/settings.ts";
import { now } from "../kernel/clock.io.ts";
import { problemResponse } from "../kernel/problem.ts";
import type { RelayEvent } from "../model/event.ts";
import { route } from "../route/rules.ts";
import type { ingestRequest } from "../ingest/ingest.io.ts";
import { signBy } from "../ingest/recipe/sign/sign-as.io.ts";
import { CONSOLE_PLAN, exportSteps, markedBodyOf } from "../samples/steps.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { documentOf } from "./request/body.io.ts";
import { unknownSubscribers } from "./request/known-subscribers.ts";
import { SampleRequest } from "./request/query.ts";

/** The source that a sample goes to: the one that is wanted, else the first that fits. */
const sampleSource = (settings: Settings, wanted?: string): SourceSettings | undefined =>
  [...settings.sources.values()].find(
    ({ id, provider }) => provider === "exportcomments" && (wanted ?? id) === id,
  );

/** The guid of a sample that is only tried on the rules. */
const TRIED = "00000000-0000-4000-8000-000000000000";

/** Who gets which events of a sample by the rules, in the order of the configuration. */
function receiversOf(
  settings: Settings,
  source: SourceSettings,
): readonly { readonly id: string; readonly events: readonly string[] }[] {
  const { id, provider, account, accountPrefix } = source;
  const own = account ?? `${accountPrefix ?? ""}${id}`;
  const events = new Map<string, Set<string>>();
  for (const step of exportSteps(CONSOLE_PLAN)) {
    const body = markedBodyOf(TRIED, step);
    const event = { ...body, source: id, account: own } as unknown as RelayEvent;
    for (const subscriber of route(event, provider, settings))
      events.set(subscriber, (events.get(subscriber) ?? new Set()).add(step.event));
  }
  return [...settings.subscribers.keys()].flatMap((subscriber) => {
    const wanted = events.get(subscriber);
    return wanted === undefined ? [] : [{ id: subscriber, events: [...wanted] }];
  });
}

/**
 * Makes the routes. `GET` lists the steps that the console plays (`{items: [{at, event, current,
 * total}]}`, `at` in ms after the first), the source that they go to, and who gets which of their
 * events. `POST` signs one, ingests it as a webhook, and answers what its sender would be told.
 */
export function sampleRoutes(ingest: typeof ingestRequest): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.get("/v1/samples", (c) => {
    const source = sampleSource(c.var.settings);
    return c.json({
      items: exportSteps(CONSOLE_PLAN),
      cursor: null,
      source: source?.id ?? null,
      subscribers: source === undefined ? [] : receiversOf(c.var.settings, source),
    });
  });
  routes.post("/v1/samples", async (c) => {
    const request = await documentOf(c.req.raw, SampleRequest);
    if (!request.ok) return problemResponse(request.fault);
    const { source: wanted, guid, subscribers: only, ...event } = request.value;
    const { settings } = c.var;
    const unknown = unknownSubscribers(only, settings);
    if (unknown !== null) return problemResponse(unknown);
    const source = sampleSource(settings, wanted);
    if (source === undefined) {
      return problemResponse({
        status: 422,
        title: "No such source",
        detail: "A sample needs a source of the provider exportcomments.",
      });
    }
    const body = JSON.stringify(markedBodyOf(guid, event));
    const [secret] = source.secrets;
    const { recipe } = source;
    const headers =
      secret === undefined || recipe === null
        ? { "content-type": "application/json" }
        : (await signBy(recipe, { secret, body, now: now(), id: crypto.randomUUID() })).headers;
    const url = new URL(`/hooks/${source.id}`, c.req.url);
    const webhook = new Request(url, { method: "POST", headers, body });
    const after = (work: Promise<void>): void => {
      c.executionCtx.waitUntil(work);
    };
    return ingest(webhook, source, { env: c.env, settings, after, now: now(), only });
  });
  return routes;
}
