// `/hooks/{source}`: where providers post.

import { Hono, type Context } from "hono";
import { settingsOf } from "../config/load.ts";
import type { Settings, SourceSettings } from "../config/settings.ts";
import { now } from "../kernel/clock.io.ts";
import type { Rejection } from "../model/messages.ts";
import type { JsonObject } from "../kernel/json.ts";
import { log, type LogLevel } from "../kernel/log.io.ts";
import { problemResponse } from "../kernel/problem.ts";
import { fault, type Result } from "../kernel/result.ts";
import { accountObject, correlationObject, jobObject } from "../objects.ts";
import { reasonOf, refusalOf, type IngestFault } from "./faults.ts";
import { dispatch, type DispatchDeps } from "./dispatch.io.ts";
import { handshake } from "./handshake.ts";
import { receive, type Refused } from "./receive.io.ts";
import { receiptOf, type Receipt, type DispatchResult } from "./receipt.ts";
import { rejectionOf } from "./tally/rejection.ts";
import { countRequest, type TallyDeps } from "./tally/tally.io.ts";

type Hooks = { readonly Bindings: Env };

/** To be mounted at `/hooks`. A slash after the source's id is accepted: EmailEngine gives a redirect up for good. */
export const ingestRoutes = new Hono<Hooks>();

ingestRoutes.all("/:source", (c) => answer(c, c.req.param("source")));
ingestRoutes.all("/:source/", (c) => answer(c, c.req.param("source")));
// Whatever else is asked for below `/hooks` is a source that nobody can configure.
ingestRoutes.all("*", (c) => answer(c, ""));

async function answer(c: Context<Hooks>, sourceId: string): Promise<Response> {
  const settings = settingsOf(c.env);
  if (!settings.ok) return refuse({ kind: "misconfigured" }, "error", {});
  try {
    return await take(c, settings.value, sourceId);
  } catch (error) {
    // A bug, or a platform failure outside of an object call: the sender keeps the event and tries again.
    const told = error instanceof Error ? error.message : "unknown";
    return refuse({ kind: "unavailable", reason: "threw" }, settings.value.logLevel, {
      source: sourceId,
      error: told,
    });
  }
}

async function take(c: Context<Hooks>, settings: Settings, sourceId: string): Promise<Response> {
  const { logLevel } = settings;
  const source = settings.sources.get(sourceId);
  if (source === undefined) return refuse({ kind: "unknown-source" }, logLevel, {});
  const fields = { source: source.id, provider: source.provider };
  const { method, headers } = c.req.raw;
  if (method === "OPTIONS") {
    const asked = {
      origin: headers.get("webhook-request-origin"),
      rate: headers.get("webhook-request-rate"),
    };
    return new Response(null, { status: 204, headers: handshake(asked) });
  }
  const place: TallyDeps = { env: c.env, after: afterAnswer(c), logLevel };
  const taken = await stored(c, source, settings);
  if (taken.ok) {
    const receipt = receiptOf(taken.value);
    countRequest(place, source.id, { kind: receipt.result });
    log(logLevel, "info", "ingest.accepted", { ...fields, ...loggable(receipt) });
    return c.json(receipt, 202);
  }
  const { fault: told, body, error } = taken.fault;
  const rejection = (): Rejection =>
    rejectionOf({ method, headers, body }, source, {
      status: refusalOf(told).problem.status,
      reason: reasonOf(told),
      at: now(),
    });
  countRequest(place, source.id, { kind: "refused", rejection });
  return refuse(told, logLevel, { ...fields, ...(error === undefined ? {} : { error }) });
}

/** Takes a request to the end: after that everything it says is stored. */
async function stored(
  c: Context<Hooks>,
  source: SourceSettings,
  settings: Settings,
): Promise<Result<readonly DispatchResult[], Refused & { readonly error?: string }>> {
  if (c.req.method !== "POST") return fault({ fault: { kind: "method" }, body: null });
  const ready = await receive(c.req.raw, source, settings, now());
  if (!ready.ok) return ready;
  const taken = await dispatch(doorsOf(c.env), ready.value, source.retention);
  if (taken.ok) return taken;
  return fault({
    fault: { kind: "unavailable", reason: taken.fault.reason },
    body: null,
    error: taken.fault.message,
  });
}

/** What keeps a request alive after its answer; `null` for one that another route makes. */
function afterAnswer(c: Context<Hooks>): TallyDeps["after"] {
  try {
    const context = c.executionCtx;
    return (work) => {
      context.waitUntil(work);
    };
  } catch {
    return null;
  }
}

const loggable = (receipt: Receipt): JsonObject =>
  receipt.result === "ignored"
    ? { ...receipt }
    : { result: receipt.result, events: receipt.events, guid: receipt.job?.guid ?? null };

/** The objects, each addressed anew for every call. */
const doorsOf = (env: Env): DispatchDeps => ({
  job: (update) => jobObject(env, update.source, update.guid).ingest(update),
  account: (update) => accountObject(env, update.account).ingest(update),
  run: (source, context, event, retention) =>
    correlationObject(env, source, context).assign(event, retention),
});

/** Refuses, and says why in the log alone. */
function refuse(
  refused: IngestFault,
  threshold: LogLevel,
  fields: Readonly<Record<string, string>>,
): Response {
  const { problem, headers } = refusalOf(refused);
  const level = problem.status >= 500 ? "error" : "warn";
  log(threshold, level, "ingest.refused", {
    ...fields,
    status: problem.status,
    reason: reasonOf(refused),
  });
  return problemResponse(problem, headers);
}
