// Subscribers and their deliveries over HTTP. A subscriber with shards answers as one.

import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { Settings, SubscriberSettings } from "../config/settings.ts";
import { secretTexts } from "../config/reading.ts";
import { sentRequest } from "../deliver/request/sent.ts";
import { subscriberView, type DeliveryView, type SubscriberView } from "../deliver/view.ts";
import { callObject, type CallFault } from "../durable/object-call.io.ts";
import { problemResponse, type Problem } from "../kernel/problem.ts";
import { ok, type Result } from "../kernel/result.ts";
import { subscriberObject } from "../objects.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { actOf, asked, unavailable } from "./asked.io.ts";
import { documentOf } from "./request/body.io.ts";
import { parse } from "./request/parse.ts";
import { DeliveriesQuery, ReplayManyRequest } from "./request/query.ts";
import { afterShard, shardCursor } from "./lists/shard-cursor.ts";
import { askAll, shardsOf } from "./shards.io.ts";

export const subscriberRoutes = new Hono<AdminEnv>();

type SubscriberContext = Context<AdminEnv>;

const noSuchSubscriber = (): Response =>
  problemResponse({ status: 404, title: "No such subscriber" });

const noSuchDelivery = (): Response => problemResponse({ status: 404, title: "No such delivery" });

const FOREIGN_CURSOR: Problem = {
  status: 400,
  title: "Bad Request",
  issues: [{ path: "cursor", message: "is not a cursor of this list" }],
};

async function viewOf(
  env: Env,
  subscriber: SubscriberSettings,
): Promise<Result<SubscriberView, CallFault>> {
  const states = await askAll(env, subscriber, (shard) => shard.state());
  return states.ok ? ok(subscriberView(subscriber.id, states.value)) : states;
}

async function show(c: SubscriberContext, subscriber: SubscriberSettings): Promise<Response> {
  const view = await viewOf(c.env, subscriber);
  return view.ok ? c.json(view.value) : unavailable(c, view.fault);
}

/** Runs `act` with the subscriber that the path names, or answers 404. */
async function named(
  c: SubscriberContext,
  act: (subscriber: SubscriberSettings) => Promise<Response>,
): Promise<Response> {
  const subscriber = c.var.settings.subscribers.get(c.req.param("id") ?? "");
  return subscriber === undefined ? noSuchSubscriber() : act(subscriber);
}

/** All subscribers as the API shows them, in configuration order; or the first fault. */
export async function subscriberViews(
  env: Env,
  settings: Settings,
): Promise<Result<readonly SubscriberView[], CallFault>> {
  const items: SubscriberView[] = [];
  for (const view of await Promise.all(
    [...settings.subscribers.values()].map((subscriber) => viewOf(env, subscriber)),
  )) {
    if (!view.ok) return view;
    items.push(view.value);
  }
  return ok(items);
}

subscriberRoutes.get("/v1/subscribers", async (c) => {
  const views = await subscriberViews(c.env, c.var.settings);
  return views.ok ? c.json({ items: views.value, cursor: null }) : unavailable(c, views.fault);
});

subscriberRoutes.get("/v1/subscribers/:id", (c) => named(c, (subscriber) => show(c, subscriber)));

for (const action of ["pause", "resume"] as const) {
  subscriberRoutes.post(`/v1/subscribers/:id/${action}`, (c) =>
    named(c, async (subscriber) => {
      const done = await askAll(c.env, subscriber, (shard) => shard[action]());
      return done.ok ? show(c, subscriber) : unavailable(c, done.fault);
    }),
  );
}

subscriberRoutes.post("/v1/subscribers/:id/test", (c) =>
  named(c, ({ id }) => {
    const act = actOf(c);
    return asked(
      c,
      () => subscriberObject(c.env, id, 0).sendTest(act),
      (sent) => c.json(sent, 202),
    );
  }),
);

subscriberRoutes.get("/v1/subscribers/:id/deliveries", (c) =>
  named(c, async (subscriber) => {
    const query = parse(DeliveriesQuery, c.req.query(), 400);
    if (!query.ok) return problemResponse(query.fault);
    const { state, guid, limit } = query.value;
    const start = shardCursor(query.value.cursor);
    if (start === null) return problemResponse(FOREIGN_CURSOR);
    const shards = await shardsOf(c.env, subscriber);
    if (!shards.ok) return unavailable(c, shards.fault);
    // Shard after shard, each newest first, so that a page reads as few objects as possible.
    const items: DeliveryView[] = [];
    for (let { shard, cursor } = start; shard < shards.value; shard += 1, cursor = undefined) {
      const wanted = { state, guid, limit: limit - items.length, cursor };
      const number = shard;
      const page = await callObject(() =>
        subscriberObject(c.env, subscriber.id, number).deliveries(wanted),
      );
      if (!page.ok) return unavailable(c, page.fault);
      items.push(...page.value.items);
      const next = afterShard(shard, page.value.cursor, shards.value);
      if (items.length >= limit || next === null || page.value.cursor !== null)
        return c.json({ items, cursor: next });
    }
    return c.json({ items, cursor: null });
  }),
);

subscriberRoutes.get("/v1/subscribers/:id/deliveries/:delivery", (c) =>
  named(c, async (subscriber) => {
    const id = c.req.param("delivery") ?? "";
    const pages = await askAll(c.env, subscriber, (shard) => shard.deliveries({ id, limit: 1 }));
    if (!pages.ok) return unavailable(c, pages.fault);
    // An object of an earlier version answers with another delivery.
    const page = pages.value.find(({ items, sends }) => items[0]?.id === id && sends !== undefined);
    const [delivery] = page?.items ?? [];
    if (page?.sends === undefined || delivery === undefined) return noSuchDelivery();
    const secrets = secretTexts({ ...c.env });
    return c.json({ ...delivery, request: sentRequest(subscriber, page.sends, delivery, secrets) });
  }),
);

subscriberRoutes.post("/v1/subscribers/:id/deliveries/:delivery/retry", (c) =>
  named(c, async (subscriber) => {
    const delivery = c.req.param("delivery");
    const act = actOf(c);
    const found = await askAll(c.env, subscriber, (shard) => shard.retry(delivery, act));
    if (!found.ok) return unavailable(c, found.fault);
    return found.value.includes(true) ? c.json({ delivery }, 202) : noSuchDelivery();
  }),
);

subscriberRoutes.post("/v1/subscribers/:id/replay", (c) =>
  named(c, async (subscriber) => {
    const request = await documentOf(c.req.raw, ReplayManyRequest);
    if (!request.ok) return problemResponse(request.fault);
    const { state, since, until, event } = request.value;
    const selection = {
      state,
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(event === undefined ? {} : { event }),
    };
    const act = actOf(c);
    const answers = await askAll(c.env, subscriber, (shard) => shard.replay(selection, act));
    if (!answers.ok) return unavailable(c, answers.fault);
    const counts = answers.value.flatMap((answer) => (answer.ok ? [answer.value.count] : []));
    if (counts.length === 0)
      return problemResponse({
        kind: "replay-running",
        status: 409,
        title: "A replay is running",
        detail: "Its progress is in the subscriber's state.",
      });
    return c.json({ count: counts.reduce((sum, count) => sum + count, 0) }, 202);
  }),
);
