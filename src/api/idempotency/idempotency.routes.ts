// `Idempotency-Key`: a request that acts can be sent again, and acts once.

import type { Context, MiddlewareHandler } from "hono";
import { concat, utf8 } from "../../kernel/bytes.ts";
import { sha256Hex } from "../../kernel/hmac.io.ts";
import { problemResponse, type Problem } from "../../kernel/problem.ts";
import { callObject } from "../../durable/object-call.io.ts";
import { idempotencyObject } from "../../objects.ts";
import type { AdminEnv } from "../admin.routes.ts";
import { unavailable } from "../asked.io.ts";
import { boundedBody } from "../request/body.io.ts";
import { answerAgain, keptAnswerOf } from "./answers.ts";
import { keyOf, MAX_KEY, type Beginning } from "./idempotency.ts";

/** Requests that change nothing: an answer with a token is not to be stored. */
const ACTS_NOT: ReadonlySet<string> = new Set(["/v1/tokens", "/v1/rules/simulate"]);

/** `Retry-After` while the first request runs, in seconds. */
const RETRY_AFTER = "1";

const NO_KEY: Problem = {
  status: 400,
  title: "Bad Request",
  detail: `\`Idempotency-Key\` has 1 to ${MAX_KEY} visible ASCII characters, as a UUID.`,
};

const REFUSED: Readonly<Record<"running" | "reused", Problem>> = {
  running: {
    kind: "idempotency-key-in-use",
    status: 409,
    title: "The first request with this key is running",
    detail: "Its answer can be had with the same request in a moment.",
  },
  reused: {
    kind: "idempotency-key-reused",
    status: 422,
    title: "This key was used for another request",
    detail: "A key stands for one method, path and body for 24 hours.",
  },
};

type AdminContext = Context<AdminEnv>;

/** Lets a POST act once for each key; without the header, requests pass as they are. */
export const idempotent: MiddlewareHandler<AdminEnv> = async (c, next) => {
  const header = c.req.header("idempotency-key");
  if (header === undefined || c.req.method !== "POST" || ACTS_NOT.has(c.req.path)) {
    await next();
    return undefined;
  }
  const key = keyOf(header);
  if (key === null) return problemResponse(NO_KEY);
  const body = await boundedBody(c.req.raw);
  if (!body.ok) return problemResponse(body.fault);
  const { pathname, search } = new URL(c.req.url);
  const fingerprint = await sha256Hex(
    concat(utf8(`${c.req.method} ${pathname}${search}\n`), body.value),
  );
  const name = await sha256Hex(utf8(key));
  const begun = await callObject(() => idempotencyObject(c.env, name).begin(fingerprint));
  if (!begun.ok) return unavailable(c, begun.fault);
  if (begun.value.kind !== "acts") return repeated(begun.value);
  c.req.raw = new Request(c.req.raw, { method: "POST", body: body.value });
  // Not by the key alone: after a day it stands for another act.
  const act = await sha256Hex(utf8(`${begun.value.createdAt} ${key}`));
  c.set("actId", `evt_${act.slice(0, 24)}`);
  await next();
  await note(c, name, fingerprint);
  return undefined;
};

/** What a request is told that does not act. */
function repeated(beginning: Exclude<Beginning, { kind: "acts" }>): Response {
  if (beginning.kind !== "answered")
    return problemResponse(
      REFUSED[beginning.kind],
      beginning.kind === "running" ? { "retry-after": RETRY_AFTER } : {},
    );
  return answerAgain(beginning.answer);
}

/**
 * Notes the answer before it is given. When that fails, it is given all the same: the action has
 * been carried out, and the key stays in use for a minute.
 */
async function note(c: AdminContext, name: string, fingerprint: string): Promise<void> {
  const answer = await keptAnswerOf(c.res);
  await callObject(() => idempotencyObject(c.env, name).end(fingerprint, answer));
}
