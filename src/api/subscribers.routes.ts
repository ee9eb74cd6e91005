// Subscribers and their deliveries over HTTP. A subscriber with shards answers as one.

import { Hono, type Context } from "hono";
import type { SubscriberSettings } from "../config/settings.ts";
import { subscriberView, type SubscriberView } from "../deliver/subscriber-view.ts";
import { problemResponse } from "../kernel/problem.ts";
import { subscriberObject, type Stub } from "../objects.ts";
import type { Subscriber } from "../deliver/subscriber.object.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { DeliveriesQuery, parse, readJson, ReplayManyRequest } from "./query.ts";
import { afterShard, shardCursor } from "./shard-cursor.ts";

export const subscriberRoutes = new Hono<AdminEnv>();

type SubscriberContext = Context<AdminEnv>;

const noSuchSubscriber = (): Response => problemResponse({ status: 404, title: "No such subscriber" });

const shardsOf = (env: Env, subscriber: SubscriberSettings): readonly Stub<Subscriber>[] =>
  Array.from({ length: subscriber.shards }, (_, shard) => subscriberObject(env, subscriber.id, shard));

async function viewOf(env: Env, subscriber: SubscriberSettings): Promise<SubscriberView> {
  return subscriberView(subscriber.id, await Promise.all(shardsOf(env, subscriber).map((shard) => shard.state())));
}

/** Runs `act` with the subscriber that the path names, or answers 404. */
async function named(c: SubscriberContext, act: (subscriber: SubscriberSettings) => Promise<Response>): Promise<Response> {
  const subscriber = c.var.settings.subscribers.get(c.req.param("id") ?? "");
  return subscriber === undefined ? noSuchSubscriber() : act(subscriber);
}

subscriberRoutes.get("/v1/subscribers", async (c) => {
  const items = await Promise.all([...c.var.settings.subscribers.values()].map((subscriber) => viewOf(c.env, subscriber)));
  return c.json({ items, cursor: null });
});

subscriberRoutes.get("/v1/subscribers/:id", (c) => named(c, async (subscriber) => c.json(await viewOf(c.env, subscriber))));

for (const action of ["pause", "resume"] as const) {
  subscriberRoutes.post(`/v1/subscribers/:id/${action}`, (c) =>
    named(c, async (subscriber) => {
      await Promise.all(shardsOf(c.env, subscriber).map((shard) => shard[action]()));
      return c.json(await viewOf(c.env, subscriber));
    }),
  );
}

subscriberRoutes.post("/v1/subscribers/:id/test", (c) =>
  named(c, async (subscriber) => c.json(await subscriberObject(c.env, subscriber.id, 0).sendTest(), 202)),
);

subscriberRoutes.get("/v1/subscribers/:id/deliveries", (c) =>
  named(c, async (subscriber) => {
    const query = parse(DeliveriesQuery, c.req.query(), 400);
    if (!query.ok) return problemResponse(query.fault);
    const { state, guid, limit } = query.value;
    const start = shardCursor(query.value.cursor);
    if (start === null) return problemResponse({ status: 400, title: "Bad request", detail: "`cursor` is not a cursor of this list." });
    // Shard after shard, each newest first: one page never asks more objects than it has to.
    const items = [];
    for (let { shard, cursor } = start; shard < subscriber.shards; shard += 1, cursor = undefined) {
      const page = await subscriberObject(c.env, subscriber.id, shard).deliveries({ state, guid, limit: limit - items.length, cursor });
      items.push(...page.items);
      const next = afterShard(shard, page.cursor, subscriber.shards);
      if (items.length >= limit || next === null) return c.json({ items, cursor: next });
      if (page.cursor !== null) return c.json({ items, cursor: next });
    }
    return c.json({ items, cursor: null });
  }),
);

subscriberRoutes.post("/v1/subscribers/:id/deliveries/:delivery/retry", (c) =>
  named(c, async (subscriber) => {
    for (const shard of shardsOf(c.env, subscriber)) {
      if (await shard.retry(c.req.param("delivery"))) return c.json({ delivery: c.req.param("delivery") }, 202);
    }
    return problemResponse({ status: 404, title: "No such delivery" });
  }),
);

subscriberRoutes.post("/v1/subscribers/:id/replay", (c) =>
  named(c, async (subscriber) => {
    const request = parse(ReplayManyRequest, readJson(await c.req.text()), 422);
    if (!request.ok) return problemResponse(request.fault);
    const { state, since, until, event } = request.value;
    const selection = {
      state,
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(event === undefined ? {} : { event }),
    };
    const answers = await Promise.all(shardsOf(c.env, subscriber).map((shard) => shard.replay(selection)));
    const counts = answers.flatMap((answer) => (answer.ok ? [answer.value.count] : []));
    if (counts.length === 0)
      return problemResponse({ status: 409, title: "A replay is running", detail: "Its progress is in the subscriber's state." });
    return c.json({ count: counts.reduce((sum, count) => sum + count, 0) }, 202);
  }),
);
