// The route of the Centrifugo protocol. A socket is accepted before its token is known, because
// clients send it in their first command.

import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { settingsOf } from "../../config/load.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { log } from "../../kernel/log.io.ts";
import { callObject } from "../../durable/object-call.io.ts";
import { problemResponse } from "../../kernel/problem.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { accountObject } from "../../objects.ts";
import { encodingOf } from "./encoding/negotiation.ts";
import { serveClient } from "./bridge.io.ts";
import { DISCONNECT, type Disconnect } from "./protocol.ts";
import { checkToken } from "./token-check.io.ts";
import {
  CENTRIFUGO_HEADER,
  protocolFrom,
  writeCentrifugoOpen,
  type CentrifugoOpen,
} from "./open.ts";
import { closedSocket, upgraded } from "../sockets/closed-socket.io.ts";
import { originOf } from "../auth/origin.ts";
import { answerOf, type Refusal } from "../http/refusal.ts";
import { isTarget, transportOf } from "../http/request.ts";
import { authorize } from "../auth/tokens.io.ts";
import { tokenFrom } from "../auth/tokens.ts";

type CentrifugoContext = Context<{ Bindings: Env }>;

const header = (c: CentrifugoContext, name: string): string | null => c.req.header(name) ?? null;

function refused(refusal: Refusal): Response {
  const { problem, headers } = answerOf(refusal);
  return problemResponse(problem, headers);
}

async function connection(c: CentrifugoContext): Promise<Response> {
  const settings = settingsOf(c.env);
  if (!settings.ok) return refused({ kind: "configuration" });
  if (transportOf(header(c, "upgrade"), null) !== "websocket")
    return problemResponse(
      { status: 426, title: "Upgrade Required", detail: "This path speaks WebSocket." },
      { upgrade: "websocket" },
    );
  const { logLevel, allowedOrigins } = settings.value;
  const protocols = header(c, "sec-websocket-protocol");
  const protocol = protocolFrom(protocols);
  const refuse = (reason: Disconnect): Response => {
    log(logLevel, "info", "stream.refused", {
      target: "account",
      transport: "centrifugo",
      reason: reason.reason,
    });
    return closedSocket(reason, protocol);
  };
  const account = c.req.param("account") ?? "";
  const url = new URL(c.req.url);
  if (originOf(header(c, "origin"), url.origin, allowedOrigins).kind === "refused")
    return refuse(DISCONNECT.permissionDenied);
  if (!isTarget({ kind: "account", account })) return refuse(DISCONNECT.invalidToken);
  const token = tokenFrom({
    authorization: header(c, "authorization"),
    protocols,
    query: url.searchParams.get("token"),
  });
  const checked = await authorize(token, settings.value, clock());
  // The token in the address may have ended by now: the connect command can bring another.
  if (!checked.ok && checked.fault !== "missing" && checked.fault !== "expired")
    return refuse(DISCONNECT.invalidToken);
  if (checked.ok && checked.value.kind === "account" && checked.value.account !== account)
    return refuse(DISCONNECT.invalidToken);
  log(logLevel, "info", "stream.opened", { target: "account", transport: "centrifugo" });
  const { 0: client, 1: server } = new WebSocketPair();
  serveClient(server, {
    account,
    encoding: encodingOf(protocol, url.searchParams),
    grant: checked.ok ? checked.value : null,
    check: (sent) => checkToken(c.env, sent),
    open: (grant) => openConnection(c.env, account, { grant }),
  });
  return upgraded(client, protocol);
}

/** Opens a socket to the account's object. */
async function openConnection(
  env: Env,
  account: string,
  open: CentrifugoOpen,
): Promise<Result<WebSocket, Disconnect>> {
  const headers = { upgrade: "websocket", [CENTRIFUGO_HEADER]: writeCentrifugoOpen(open) };
  const answer = await callObject(() =>
    accountObject(env, account).fetch(new Request("https://object/connection", { headers })),
  );
  if (!answer.ok) return fault(DISCONNECT.serverError);
  const { webSocket, status } = answer.value;
  if (webSocket !== null) return ok(webSocket);
  return fault(status === 429 ? DISCONNECT.tooManyRequests : DISCONNECT.serverError);
}

/** The route of the Centrifugo protocol, with its full path. */
export const centrifugoRoutes = new Hono<{ Bindings: Env }>();

centrifugoRoutes.get("/v1/accounts/:account/connection/websocket", (c) => connection(c));
