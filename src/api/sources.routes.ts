// Sources over HTTP: their counts and the requests they refused.

import { Hono } from "hono";
import { MAX_REJECTED } from "../source/inspection.ts";
import { problemResponse } from "../kernel/problem.ts";
import { iso, isoOrNull } from "../kernel/time.ts";
import { sourceObject } from "../objects.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { asked, callAll, unavailable } from "./asked.io.ts";

export const sourceRoutes = new Hono<AdminEnv>();

sourceRoutes.get("/v1/sources", async (c) => {
  const sources = [...c.var.settings.sources.values()];
  const told = await callAll(
    sources.map(
      ({ id }) =>
        () =>
          sourceObject(c.env, id).counts(),
    ),
  );
  if (!told.ok) return unavailable(c, told.fault);
  const items = sources.flatMap(({ id, provider, recipe }, index) => {
    const source = told.value[index];
    if (source === undefined) return [];
    const { counts, since, seenAt } = source;
    return [
      {
        id,
        provider,
        verify: recipe === null ? "none" : "secrets",
        counts,
        countedSince: isoOrNull(since),
        lastSeenAt: isoOrNull(seenAt),
        connector: null,
      },
    ];
  });
  return c.json({ items, cursor: null });
});

sourceRoutes.get("/v1/sources/:id/rejected", async (c) => {
  const source = c.var.settings.sources.get(c.req.param("id"));
  if (source === undefined) return problemResponse({ status: 404, title: "No such source" });
  return asked(
    c,
    () => sourceObject(c.env, source.id).rejected(),
    (rejected) =>
      c.json({
        items: rejected
          .slice(0, MAX_REJECTED)
          .map(({ at, ...rest }) => ({ time: iso(at), ...rest })),
        cursor: null,
      }),
  );
});
