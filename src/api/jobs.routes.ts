// Jobs over HTTP: list, snapshot, replay, erasure.

import { Hono } from "hono";
import type { JobSnapshot } from "../kernel/event.ts";
import { problemResponse } from "../kernel/problem.ts";
import { accountObject, jobObject, sourceObject } from "../objects.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { cursorOf, mergePages, type JobPosition } from "./paging.ts";
import { JobsQuery, parse, readJson, ReplayRequest } from "./query.ts";

export const jobRoutes = new Hono<AdminEnv>();

const noSuchJob = (): Response => problemResponse({ status: 404, title: "No such job" });

jobRoutes.get("/v1/jobs", async (c) => {
  const query = parse(JobsQuery, c.req.query(), 400);
  if (!query.ok) return problemResponse(query.fault);
  const { account, source, status, limit, cursor } = query.value;
  const wanted = { limit: limit + 1, ...(status === undefined ? {} : { status }), ...(cursor === undefined ? {} : { before: cursor }) };
  if (account !== undefined) {
    const jobs = await accountObject(c.env, account).jobs({ ...wanted, ...(source === undefined ? {} : { source }) });
    return c.json(page([jobs.map((job) => ({ ...positionOfJob(job), job }))], limit));
  }
  const sources = [...c.var.settings.sources.keys()].filter((id) => source === undefined || id === source);
  const lists = await Promise.all(
    sources.map(async (id) => (await sourceObject(c.env, id).jobs(wanted)).map((ref) => ({ ...ref, source: id }))),
  );
  const { items, more } = mergePages(lists, limit);
  const jobs = await Promise.all(items.map((ref) => jobObject(c.env, ref.source, ref.guid).snapshot()));
  const last = items.at(-1);
  return c.json({ items: jobs.filter((job) => job !== null), cursor: more && last !== undefined ? cursorOf(last) : null });
});

jobRoutes.get("/v1/jobs/:source/:guid", async (c) => {
  const snapshot = await jobObject(c.env, c.req.param("source"), c.req.param("guid")).snapshot();
  return snapshot === null ? noSuchJob() : c.json(snapshot);
});

jobRoutes.post("/v1/jobs/:source/:guid/replay", async (c) => {
  const request = parse(ReplayRequest, readJson(await c.req.text()), 422);
  if (!request.ok) return problemResponse(request.fault);
  const { since, subscribers } = request.value;
  const unknown = (subscribers ?? []).filter((id) => !c.var.settings.subscribers.has(id));
  if (unknown.length > 0) return problemResponse({ status: 422, title: "No such subscriber", detail: unknown.join(", ") });
  const count = await jobObject(c.env, c.req.param("source"), c.req.param("guid")).replay(since, subscribers ?? null);
  return count === null ? noSuchJob() : c.json({ deliveries: count }, 202);
});

jobRoutes.delete("/v1/jobs/:source/:guid", async (c) => {
  const erased = await jobObject(c.env, c.req.param("source"), c.req.param("guid")).erase();
  return erased ? c.body(null, 204) : noSuchJob();
});

const positionOfJob = (job: JobSnapshot): JobPosition => ({ createdAt: Date.parse(job.createdAt), source: job.source, guid: job.guid });

function page(
  lists: readonly (readonly (JobPosition & { readonly job: JobSnapshot })[])[],
  limit: number,
): { items: readonly JobSnapshot[]; cursor: string | null } {
  const { items, more } = mergePages(lists, limit);
  const last = items.at(-1);
  return { items: items.map(({ job }) => job), cursor: more && last !== undefined ? cursorOf(last) : null };
}
