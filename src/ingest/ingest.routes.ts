// `/hooks/{source}`: where providers post.

import { Hono, type Context } from "hono";
import { settingsOf } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import { now } from "../kernel/clock.io.ts";
import type { JsonObject } from "../kernel/json.ts";
import { log, type LogLevel } from "../kernel/log.io.ts";
import { problemResponse } from "../kernel/problem.ts";
import { accountObject, correlationObject, jobObject } from "../objects.ts";
import { reasonOf, refusalOf, type IngestFault } from "./faults.ts";
import { handOver, type Doors } from "./hand-over.io.ts";
import { handshake } from "./handshake.ts";
import { receive } from "./receive.io.ts";
import { receiptOf, type Receipt } from "./receipt.ts";

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
    return refuse({ kind: "unavailable", reason: "threw" }, settings.value.logLevel, { source: sourceId, error: told });
  }
}

async function take(c: Context<Hooks>, settings: Settings, sourceId: string): Promise<Response> {
  const { logLevel } = settings;
  const source = settings.sources.get(sourceId);
  if (source === undefined) return refuse({ kind: "unknown-source" }, logLevel, {});
  const fields = { source: source.id, provider: source.provider };
  const { method, headers } = c.req.raw;
  if (method === "OPTIONS") {
    const asked = { origin: headers.get("webhook-request-origin"), rate: headers.get("webhook-request-rate") };
    return new Response(null, { status: 204, headers: handshake(asked) });
  }
  if (method !== "POST") return refuse({ kind: "method" }, logLevel, fields);
  const ready = await receive(c.req.raw, source, settings, now());
  if (!ready.ok) return refuse(ready.fault, logLevel, fields);
  const taken = await handOver(doorsOf(c.env), ready.value, source.retention);
  if (!taken.ok) return refuse({ kind: "unavailable", reason: taken.fault.reason }, logLevel, { ...fields, error: taken.fault.message });
  const receipt = receiptOf(taken.value);
  log(logLevel, "info", "ingest.accepted", { ...fields, ...loggable(receipt) });
  return c.json(receipt, 202);
}

const loggable = (receipt: Receipt): JsonObject =>
  receipt.result === "ignored" ? { ...receipt } : { result: receipt.result, events: receipt.events, guid: receipt.job?.guid ?? null };

/** The objects, each addressed anew for every call. */
const doorsOf = (env: Env): Doors => ({
  job: (update) => jobObject(env, update.source, update.guid).ingest(update),
  account: (update) => accountObject(env, update.account).ingest(update),
  run: (source, context, event, retention) => correlationObject(env, source, context).assign(event, retention),
});

/** Refuses, and says why in the log alone. */
function refuse(fault: IngestFault, threshold: LogLevel, fields: Readonly<Record<string, string>>): Response {
  const { problem, headers } = refusalOf(fault);
  const level = problem.status >= 500 ? "error" : "warn";
  log(threshold, level, "ingest.refused", { ...fields, status: problem.status, reason: reasonOf(fault) });
  return problemResponse(problem, headers);
}
