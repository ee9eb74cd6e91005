// `POST /mcp`: the API for agents. Every tool is a request to the API, so both do the same.

import type { Context, ExecutionContext } from "hono";
import { Hono } from "hono/tiny";
import { TOOL_LIST } from "../../../dist/tools.js";
import { problemResponse, type Problem } from "../../kernel/problem.ts";
import type { AdminEnv } from "../admin.routes.ts";
import { boundedBody } from "../request/body.io.ts";
import { readJson } from "../request/parse.ts";
import {
  errorText,
  MAX_BATCH,
  PROTOCOL_VERSIONS,
  readMessage,
  resultText,
  toolText,
} from "./protocol.ts";
import { requestOf, toolOf } from "./tools.ts";

/** The app whose routes the tools ask. */
interface Api {
  request(
    path: string,
    init: RequestInit,
    env: Env,
    executionCtx: ExecutionContext,
  ): Response | Promise<Response>;
}

type McpContext = Context<AdminEnv>;

const JSON_TYPE = { "content-type": "application/json" };

const FOREIGN: Problem = {
  status: 403,
  title: "This origin may not use tools",
  detail: "List it in ALLOWED_ORIGINS.",
};

const NOT_ACCEPTABLE: Problem = {
  status: 406,
  title: "Not Acceptable",
  detail: "Answers are JSON: accept `application/json`.",
};

const UNKNOWN_VERSION: Problem = {
  status: 400,
  title: "Bad Request",
  detail: `\`MCP-Protocol-Version\` is one of ${PROTOCOL_VERSIONS.join(", ")}.`,
};

/** A page of another origin could reach a relay on the reader's own machine (DNS rebinding). */
function isForeign(c: McpContext): boolean {
  const origin = c.req.header("origin");
  const { allowedOrigins } = c.var.settings;
  if (origin === undefined || origin === new URL(c.req.url).origin) return false;
  return !allowedOrigins.includes(origin) && !allowedOrigins.includes("*");
}

function refusal(c: McpContext): Problem | null {
  if (isForeign(c)) return FOREIGN;
  const version = c.req.header("mcp-protocol-version");
  if (version !== undefined && !PROTOCOL_VERSIONS.some((known) => known === version))
    return UNKNOWN_VERSION;
  const accept = c.req.header("accept") ?? "*/*";
  return /application\/json|application\/\*|\*\/\*/i.test(accept) ? null : NOT_ACCEPTABLE;
}

/** Makes the route; `api` is the app that it is a part of. */
export function mcpRoutes(api: () => Api): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.post("/mcp", async (c) => {
    const problem = refusal(c);
    if (problem !== null) return problemResponse(problem);
    const body = await boundedBody(c.req.raw);
    if (!body.ok) return problemResponse(body.fault);
    const message = readJson(body.value);
    const isBatch = Array.isArray(message);
    const messages: readonly unknown[] = isBatch ? message : [message];
    if (message === null)
      return c.body(errorText(null, "parse", "The body is no JSON."), 400, JSON_TYPE);
    if (messages.length === 0 || messages.length > MAX_BATCH)
      return c.body(
        errorText(null, "request", `A batch has 1 to ${MAX_BATCH} messages.`),
        400,
        JSON_TYPE,
      );
    const answers: string[] = [];
    for (const one of messages) {
      const text = await answerOf(c, api(), one);
      if (text !== null) answers.push(text);
    }
    if (answers.length === 0) return c.body(null, 202);
    return c.body(isBatch ? `[${answers.join(",")}]` : (answers[0] ?? ""), 200, JSON_TYPE);
  });
  return routes;
}

/** The answer to one message; `null` where there is none. */
async function answerOf(c: McpContext, api: Api, message: unknown): Promise<string | null> {
  const call = readMessage(message);
  switch (call.kind) {
    case "none":
      return null;
    case "answer":
      return call.text;
    case "list":
      return resultText(call.id, TOOL_LIST.text);
    case "tool": {
      const tool = toolOf(call.name);
      if (tool === undefined)
        return errorText(call.id, "params", `There is no tool ${JSON.stringify(call.name)}.`);
      const request = requestOf(tool, call.given);
      if (!request.ok) return toolText(call.id, request.fault, true);
      const { path, ...init } = request.value;
      const answer = await api.request(
        path,
        { ...init, headers: proofOf(c) },
        c.env,
        c.executionCtx,
      );
      return toolText(call.id, await answer.text(), !answer.ok);
    }
  }
}

/** What proves that the caller may ask, for the request of a tool. */
function proofOf(c: McpContext): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ["authorization", "cf-access-jwt-assertion"]) {
    const value = c.req.header(name);
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}
