// `/v1/samples`: the steps of a sample export, and each of them sent as a signed webhook.

import type { ExecutionContext } from "hono";
import { Hono } from "hono/tiny";
import type { Settings, SourceSettings } from "../config/settings.ts";
import { problemResponse } from "../kernel/problem.ts";
import type { RelayEvent } from "../model/event.ts";
import { route } from "../route/rules.ts";
import { signBy } from "../ingest/recipe/sign/sign-as.io.ts";
import { CONSOLE_PLAN, exportSteps, markedBodyOf } from "../samples/steps.ts";
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
 * events. `POST` sends one to `hooks` and answers what they answer.
 */
export function sampleRoutes(hooks: Hooks): Hono<AdminEnv> {
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
    const { source: wanted, guid, ...event } = request.value;
    const source = sampleSource(c.var.settings, wanted);
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
        : (await signBy(recipe, { secret, body, now: Date.now(), id: crypto.randomUUID() }))
            .headers;
    const webhook = { method: "POST", headers, body };
    return hooks.request(`/${source.id}`, webhook, c.env, c.executionCtx);
  });
  return routes;
}
