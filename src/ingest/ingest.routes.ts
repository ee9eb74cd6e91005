// `/hooks/{source}`: where providers post their webhooks.

import { Hono, type Context } from "hono";
import { settingsOf } from "../config/load.ts";
import { secretTexts } from "../config/reading.ts";
import type { Settings, SourceSettings } from "../config/settings.ts";
import { now } from "../kernel/clock.io.ts";
import type { JsonObject } from "../kernel/json.ts";
import { log, type LogLevel } from "../kernel/log.io.ts";
import { problemResponse } from "../kernel/problem.ts";
import { fault, type Result } from "../kernel/result.ts";
import { dispatch } from "./dispatch.io.ts";
import { reasonOf, refusalOf, type IngestFault } from "./faults.ts";
import { receiptOf, type DispatchResult, type Receipt } from "./receipt.ts";
import { receive, type Refused } from "./receive.io.ts";
import { handshake } from "./request/handshake.ts";
import { rejectionOf } from "./tally/rejection.ts";
import { countRequest, type TallyDeps } from "./tally/tally.io.ts";

type Hooks = { readonly Bindings: Env };

/**
 * To be mounted at `/hooks`. A slash after the source's id is accepted, because EmailEngine gives
 * up for good on a redirect.
 */
export const ingestRoutes = new Hono<Hooks>();

ingestRoutes.all("/:source", (c) => answer(c, c.req.param("source")));
ingestRoutes.all("/:source/", (c) => answer(c, c.req.param("source")));
// Any other path below `/hooks` names a source that nobody can configure.
ingestRoutes.all("*", (c) => answer(c, ""));

async function answer(c: Context<Hooks>, sourceId: string): Promise<Response> {
  const settings = settingsOf(c.env);
  if (!settings.ok) return refuse({ kind: "misconfigured" }, "error", {});
  const { logLevel } = settings.value;
  const source = settings.value.sources.get(sourceId);
  if (source === undefined) return refuse({ kind: "unknown-source" }, logLevel, {});
  try {
    return c.req.method === "OPTIONS"
      ? handshakeResponse(c.req.raw.headers)
      : await ingest(c, settings.value, source);
  } catch (error) {
    // A bug, or a platform failure outside of an object call: the sender keeps the event.
    return refuse({ kind: "unavailable", reason: "threw" }, logLevel, {
      source: sourceId,
      error: error instanceof Error ? error.message : "unknown",
    });
  }
}

const handshakeResponse = (headers: Headers): Response =>
  new Response(null, {
    status: 204,
    headers: handshake({
      origin: headers.get("webhook-request-origin"),
      rate: headers.get("webhook-request-rate"),
    }),
  });

/** Takes a webhook to the end, counts and logs it. After a 202 everything it says is stored. */
async function ingest(
  c: Context<Hooks>,
  settings: Settings,
  source: SourceSettings,
): Promise<Response> {
  const { logLevel } = settings;
  const fields = { source: source.id, provider: source.provider };
  const deps: TallyDeps = { env: c.env, after: afterAnswer(c), logLevel };
  const stored = await store(c, settings, source);
  if (stored.ok) {
    const receipt = receiptOf(stored.value);
    countRequest(deps, source.id, { kind: receipt.result });
    log(logLevel, "info", "ingest.accepted", { ...fields, ...loggable(receipt) });
    return c.json(receipt, 202);
  }
  const { fault: reason, body, error } = stored.fault;
  const { method, headers } = c.req.raw;
  countRequest(deps, source.id, {
    kind: "refused",
    rejection: () => {
      const secrets = [...source.secrets, ...secretTexts({ ...c.env })];
      const cause = {
        status: refusalOf(reason).problem.status,
        reason: reasonOf(reason),
        at: now(),
      };
      return rejectionOf({ method, headers, body }, { secrets, redact: source.redact }, cause);
    },
  });
  return refuse(reason, logLevel, { ...fields, ...(error === undefined ? {} : { error }) });
}

/** Receives and dispatches a webhook; `error` is the message of an object that failed. */
async function store(
  c: Context<Hooks>,
  settings: Settings,
  source: SourceSettings,
): Promise<Result<readonly DispatchResult[], Refused & { readonly error?: string }>> {
  if (c.req.method !== "POST") return fault({ fault: { kind: "method" }, body: null });
  const received = await receive(c.req.raw, source, settings, now());
  if (!received.ok) return received;
  const stored = await dispatch(c.env, received.value, source.retention);
  if (!stored.ok) {
    const { reason, message } = stored.fault;
    return fault({ fault: { kind: "unavailable", reason }, body: null, error: message });
  }
  // The other events of the body are stored, and count as duplicates when it is sent again.
  return stored.value.some((one) => one.kind === "stored" && one.answer.result === "refused")
    ? fault({ fault: { kind: "account-mismatch" }, body: null })
    : stored;
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

/** Answers a refusal; its exact reason goes into the log alone. */
function refuse(
  reason: IngestFault,
  threshold: LogLevel,
  fields: Readonly<Record<string, string>>,
): Response {
  const { problem, headers } = refusalOf(reason);
  const level = problem.status >= 500 ? "error" : "warn";
  log(threshold, level, "ingest.refused", {
    ...fields,
    status: problem.status,
    reason: reasonOf(reason),
  });
  return problemResponse(problem, headers);
}
