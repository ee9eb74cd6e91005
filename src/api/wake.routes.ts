// Lets what waits look at a configuration that has changed.

import { Hono } from "hono/tiny";
import { problemResponse } from "../kernel/problem.ts";
import { subscriberObject, upstreamObject } from "../objects.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { callAll, unavailable } from "./asked.io.ts";
import { ofSources } from "./jobs-list.io.ts";

export const wakeRoutes = new Hono<AdminEnv>();

/** Jobs woken by one call, each a call of its own; a Worker may make 1,000 (limits, 2026-10). */
const MAX_WOKEN_JOBS = 200;

/** Statuses of jobs that may have something to send at once under another configuration. */
const OPEN_STATUSES = ["queueing", "progress"] as const;

/** The place from which a wake goes on: `status/createdAt/source/guid`. */
const WAKE_CURSOR = /^(queueing|progress)\/(\d{1,16})\/([^/]+)\/(.+)$/s;

/**
 * Lets everything that waits look at the configuration as it is now: all subscribers, the
 * connectors of sources, and unfinished jobs, newest first. A `cursor` in the answer says that
 * there are more jobs.
 */
wakeRoutes.post("/v1/wake", async (c) => {
  const { settings } = c.var;
  const cursor = c.req.query("cursor");
  const match = WAKE_CURSOR.exec(cursor ?? "");
  if (cursor !== undefined && match === null)
    return problemResponse({
      status: 400,
      title: "Bad Request",
      issues: [{ path: "cursor", message: "is not a cursor of this list" }],
    });
  const [, , createdAt = "", source = "", guid = ""] = match ?? [];
  const from = match?.[1] === "progress" ? "progress" : "queueing";
  const subscribers = match === null ? [...settings.subscribers.values()] : [];
  const connectors = [...settings.sources.values()].filter(
    ({ upstream }) => match === null && upstream !== null,
  );
  const woken = await callAll([
    // Shard 0 wakes all others.
    ...subscribers.map(
      ({ id }) =>
        () =>
          subscriberObject(c.env, id, 0).wake(),
    ),
    ...connectors.map(
      ({ id }) =>
        () =>
          upstreamObject(c.env, id).wake(),
    ),
  ]);
  if (!woken.ok) return unavailable(c, woken.fault);
  let before = match === null ? undefined : { createdAt: Number(createdAt), source, guid };
  let jobs = 0;
  for (const status of OPEN_STATUSES.slice(OPEN_STATUSES.indexOf(from))) {
    // A job that shows itself sets its alarm by the configuration as it is now.
    const read = ofSources(c.env, [...settings.sources.keys()], { status }, MAX_WOKEN_JOBS);
    const page = await read(before, MAX_WOKEN_JOBS);
    if (!page.ok) return unavailable(c, page.fault);
    before = undefined;
    const { rows, more, reached } = page.value;
    jobs += rows.length;
    const last = more ? rows.at(-1)?.place : reached;
    if (last !== undefined && last !== null) {
      const next = `${status}/${last.createdAt}/${last.source}/${last.guid}`;
      return c.json({ subscribers: subscribers.length, jobs, cursor: next });
    }
  }
  return c.json({ subscribers: subscribers.length, jobs, cursor: null });
});
