// Jobs over HTTP: list, snapshot, replay, erasure.

import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { entityTag } from "../kernel/hmac.io.ts";
import { now } from "../kernel/clock.io.ts";
import { isKnownTag } from "../kernel/http/static-file.ts";
import { SECOND, type Millis } from "../kernel/time.ts";
import { writeJson } from "../kernel/json.ts";
import { problemResponse } from "../kernel/problem.ts";
import { isIdLength } from "../model/ids.ts";
import { jobObject, type Stub } from "../objects.ts";
import type { JobRpc } from "../rpc.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { actOf, asked, unavailable } from "./asked.io.ts";
import { ofAccount, ofSources } from "./jobs-list.io.ts";
import { jobsPage } from "./lists/jobs-page.ts";
import { unknownSubscribers } from "./request/known-subscribers.ts";
import { documentOf } from "./request/body.io.ts";
import { parse } from "./request/parse.ts";
import { JobsQuery, ReplayRequest } from "./request/query.ts";

export const jobRoutes = new Hono<AdminEnv>();

const JSON_HEADERS = { "content-type": "application/json" };

const noSuchJob = (): Response => problemResponse({ status: 404, title: "No such job" });

jobRoutes.get("/v1/jobs", async (c) => {
  const query = parse(JobsQuery, c.req.query(), 400);
  if (!query.ok) return problemResponse(query.fault);
  const { account, source, limit, cursor, ...filter } = query.value;
  const sources = [...c.var.settings.sources.keys()].filter(
    (id) => source === undefined || id === source,
  );
  const read =
    account === undefined
      ? ofSources(c.env, sources, filter, limit)
      : ofAccount(c.env, account, { ...filter, source });
  const page = await jobsPage(read, cursor, limit);
  return page.ok ? c.body(page.value, 200, JSON_HEADERS) : unavailable(c, page.fault);
});

/** Answers with a document and its entity tag; 304 when the caller has it already. */
async function tagged(known: string | undefined, text: string): Promise<Response> {
  const headers = { ...JSON_HEADERS, etag: await entityTag(text) };
  return known !== undefined && (known.trim() === "*" || isKnownTag(known, headers.etag))
    ? new Response(null, { status: 304, headers: { etag: headers.etag } })
    : new Response(text, { headers });
}

/** Calls the job that the path names; a name that is too long for a job is not found. */
async function named<T>(
  c: Context<AdminEnv>,
  ask: (job: Stub<JobRpc>) => Promise<T>,
  tell: (value: T) => Response | Promise<Response>,
): Promise<Response> {
  const [source, guid] = [c.req.param("source") ?? "", c.req.param("guid") ?? ""];
  if (!isIdLength(source) || !isIdLength(guid)) return noSuchJob();
  return asked(c, () => ask(jobObject(c.env, source, guid)), tell);
}

jobRoutes.get("/v1/jobs/:source/:guid", (c) =>
  named(
    c,
    (job) => job.snapshot(),
    (snapshot) =>
      snapshot === null ? noSuchJob() : tagged(c.req.header("if-none-match"), writeJson(snapshot)),
  ),
);

jobRoutes.post("/v1/jobs/:source/:guid/replay", async (c) => {
  const request = await documentOf(c.req.raw, ReplayRequest);
  if (!request.ok) return problemResponse(request.fault);
  const { since, subscribers } = request.value;
  const unknown = unknownSubscribers(subscribers, c.var.settings);
  if (unknown !== null) return problemResponse(unknown);
  // The call may be repeated, and so may the request.
  const id = actOf(c);
  return named(
    c,
    (job) => job.replay(since, subscribers ?? null, id),
    (count) => (count === null ? noSuchJob() : c.json({ deliveries: count }, 202)),
  );
});

/** How far the clocks of two machines may differ: a job that was just created is erased, too. */
const CLOCK_SKEW: Millis = SECOND;

jobRoutes.delete("/v1/jobs/:source/:guid", (c) =>
  named(
    c,
    (job) => job.erase(now() + CLOCK_SKEW),
    (erased) => (erased ? c.body(null, 204) : noSuchJob()),
  ),
);
