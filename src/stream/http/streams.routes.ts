// The routes of streams: one path answers WebSocket and SSE, another one polls. Tokens are checked
// here, before an object wakes.

import { writeJson } from "../../kernel/json.ts";
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { settingsOf } from "../../config/load.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { log, type LogLevel } from "../../kernel/log.io.ts";
import { problemResponse } from "../../kernel/problem.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { centrifugoRoutes } from "../centrifugo/centrifugo.routes.ts";
import { closedSocket } from "../sockets/closed-socket.io.ts";
import { poll } from "./long-poll.io.ts";
import { corsHeaders, preflightHeaders, originOf, type BrowserOrigin } from "../auth/origin.ts";
import { connect } from "./owner.io.ts";
import { answerOf, closingOf, type Refusal } from "./refusal.ts";
import {
  channelsFor,
  pageLimit,
  POLL_PARAMETERS,
  pollWait,
  recordCursor,
  sinceOf,
  STREAM_PARAMETERS,
  transportOf,
  unknownParameter,
  type Target,
} from "./request.ts";
import { bridge } from "./sse.io.ts";
import { SSE_HEADERS } from "./sse.ts";
import type { StreamOpen } from "../stream.ts";
import { authorize } from "../auth/tokens.io.ts";
import { subprotocolOf, tokenFrom, type Grant } from "../auth/tokens.ts";

/** `isOperator`: Cloudflare Access has signed an operator in. */
type StreamEnv = { Bindings: Env; Variables: { isOperator?: boolean } };
type StreamContext = Context<StreamEnv>;

const header = (c: StreamContext, name: string): string | null => c.req.header(name) ?? null;

/** A request that passed every check of the Worker. */
interface Admitted {
  readonly open: StreamOpen;
  readonly level: LogLevel;
}

/**
 * A checked request. The origin is checked before the token, so that a browser may read a refusal.
 */
interface Admission {
  readonly origin: BrowserOrigin;
  readonly admitted: Result<Admitted, Refusal>;
}

async function admit(
  c: StreamContext,
  target: Target,
  parameters: readonly string[],
): Promise<Admission> {
  const settings = settingsOf(c.env);
  if (!settings.ok) return { origin: { kind: "none" }, admitted: fault({ kind: "configuration" }) };
  const level = settings.value.logLevel;
  const url = new URL(c.req.url);
  const origin = originOf(header(c, "origin"), url.origin, settings.value.allowedOrigins);
  const refuse = (refusal: Refusal): Admission => {
    log(level, "info", "stream.refused", {
      target: target.kind,
      reason: refusal.kind === "token" ? `token-${refusal.reason}` : refusal.kind,
    });
    return { origin, admitted: fault(refusal) };
  };
  if (origin.kind === "refused") return refuse({ kind: "origin" });
  const protocols = header(c, "sec-websocket-protocol");
  const token = tokenFrom({
    authorization: header(c, "authorization"),
    protocols,
    query: url.searchParams.get("token"),
  });
  const grant =
    c.var.isOperator === true
      ? ok<Grant>({ kind: "admin" })
      : await authorize(token, settings.value, clock());
  if (!grant.ok) return refuse({ kind: "token", reason: grant.fault });
  const unknown = unknownParameter(url.searchParams.keys(), parameters);
  if (unknown !== null) return refuse(unknown);
  const channels = channelsFor(target, grant.value, {
    lists: url.searchParams.getAll("channels"),
    names: url.searchParams.getAll("channel"),
  });
  if (!channels.ok) return refuse(channels.fault);
  const since = sinceOf(header(c, "last-event-id"), url.searchParams.get("since"));
  const open: StreamOpen = {
    grant: grant.value,
    channels: channels.value,
    since,
    protocol: subprotocolOf(protocols),
    probes: url.searchParams.get("probes") === "1",
  };
  return { origin, admitted: ok({ open, level }) };
}

/** Refuses in a form that the client can read. */
function refused(c: StreamContext, origin: BrowserOrigin, refusal: Refusal): Response {
  const upgrade = transportOf(header(c, "upgrade"), null) === "websocket";
  const closing = upgrade ? closingOf(refusal) : null;
  if (closing !== null)
    return closedSocket(closing, subprotocolOf(header(c, "sec-websocket-protocol")));
  const { problem, headers } = answerOf(refusal);
  return problemResponse(problem, { ...headers, ...corsHeaders(origin) });
}

async function stream(c: StreamContext, target: Target): Promise<Response> {
  const { origin, admitted } = await admit(c, target, STREAM_PARAMETERS);
  if (!admitted.ok) return refused(c, origin, admitted.fault);
  const { open, level } = admitted.value;
  const transport = transportOf(header(c, "upgrade"), header(c, "accept"));
  // A HEAD is answered like a GET without its body; no stream is opened for it, since nobody reads
  // it.
  if (transport === "none" || c.req.raw.method === "HEAD")
    return refused(c, origin, { kind: "not-acceptable" });
  // The Worker reads for an event stream, whose own reader it bounds itself.
  const probes = transport === "sse" || open.probes === true;
  const connected = await connect(c.env, target, { ...open, probes });
  if (!connected.ok) return refused(c, origin, connected.fault);
  log(level, "info", "stream.opened", {
    target: target.kind,
    transport,
    resumed: open.since !== null,
  });
  if (transport === "websocket") return connected.value;
  return new Response(bridge(connected.value.webSocket), {
    headers: { ...SSE_HEADERS, ...corsHeaders(origin) },
  });
}

/** Headers of a page: no proxy may store it, or buffer the beginning of one that waits. */
const PAGE_HEADERS = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
} as const;

async function events(c: StreamContext, target: Target): Promise<Response> {
  const { origin, admitted } = await admit(c, target, POLL_PARAMETERS);
  if (!admitted.ok) return refused(c, origin, admitted.fault);
  const limit = pageLimit(c.req.query("limit") ?? null);
  if (limit === null)
    return refused(c, origin, {
      kind: "bad-request",
      detail: "`limit` is a whole number from 1 to 1000.",
    });
  // The answer to a HEAD has no body to wait with.
  const wait = c.req.raw.method === "HEAD" ? 0 : pollWait(c.req.query("wait") ?? null);
  if (wait === null)
    return refused(c, origin, {
      kind: "bad-request",
      detail: "`wait` is a whole number of seconds from 0 to 25.",
    });
  const recordedSince = recordCursor(c.req.query("recordedSince") ?? null);
  if (recordedSince === null)
    return refused(c, origin, {
      kind: "bad-request",
      detail: "`recordedSince` is a `recordedCursor` of an earlier answer.",
    });
  const include = c.req.query("include");
  if (include !== undefined && include !== "recorded")
    return refused(c, origin, { kind: "bad-request", detail: "`include` is `recorded`." });
  const { open } = admitted.value;
  const recorded = open.grant.kind === "admin" && include !== undefined;
  const query = { ...open, limit, recorded, recordedSince };
  const answer = await poll(c.env, target, query, wait);
  if (!answer.ok) return refused(c, origin, answer.fault);
  if (answer.value.kind === "none") return refused(c, origin, { kind: "not-permitted" });
  return new Response(
    answer.value.kind === "page" ? writeJson(answer.value.page) : answer.value.body,
    {
      headers: { ...PAGE_HEADERS, ...corsHeaders(origin) },
    },
  );
}

function preflight(c: StreamContext): Response {
  const settings = settingsOf(c.env);
  const origin = originOf(
    header(c, "origin"),
    new URL(c.req.url).origin,
    settings.ok ? settings.value.allowedOrigins : [],
  );
  if (origin.kind === "refused") return refused(c, origin, { kind: "origin" });
  return new Response(null, { status: 204, headers: preflightHeaders(origin) });
}

const JOB = "/v1/jobs/:source/:guid";
const ACCOUNT = "/v1/accounts/:account";

/** The routes of streams, with full paths. */
export const streamRoutes = new Hono<StreamEnv>();

streamRoutes.get(`${JOB}/stream`, (c) =>
  stream(c, { kind: "job", source: c.req.param("source"), guid: c.req.param("guid") }),
);
streamRoutes.get(`${JOB}/events`, (c) =>
  events(c, { kind: "job", source: c.req.param("source"), guid: c.req.param("guid") }),
);
streamRoutes.get(`${ACCOUNT}/stream`, (c) =>
  stream(c, { kind: "account", account: c.req.param("account") }),
);
streamRoutes.get(`${ACCOUNT}/events`, (c) =>
  events(c, { kind: "account", account: c.req.param("account") }),
);
for (const path of [JOB, ACCOUNT]) {
  streamRoutes.options(`${path}/stream`, preflight);
  streamRoutes.options(`${path}/events`, preflight);
}
streamRoutes.route("/", centrifugoRoutes);
