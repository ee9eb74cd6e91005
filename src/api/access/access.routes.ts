// Lets Cloudflare Access sign an operator in, beside the admin token.

import type { MiddlewareHandler } from "hono";
import { settingsOf } from "../../config/load.ts";
import { now } from "../../kernel/clock.io.ts";
import { log } from "../../kernel/log.io.ts";
import { problemResponse, type Problem } from "../../kernel/problem.ts";
import { ASSERTION_HEADER, assertionFault } from "./assertion.io.ts";
import { mayAct } from "./same-origin.ts";

/** What later routes find in the context: whether Access has signed an operator in. */
export type OperatorEnv = { Bindings: Env; Variables: { isOperator?: boolean } };

const FOREIGN: Problem = {
  status: 403,
  title: "This request has to come from the relay's own page",
  detail: "Use the admin token from elsewhere.",
};

/**
 * Notes that an operator asks. A request with a token of its own is judged by that alone; an
 * assertion that does not hold is as good as none.
 */
export const operator: MiddlewareHandler<OperatorEnv> = async (c, next) => {
  const assertion = c.req.header(ASSERTION_HEADER);
  const settings = settingsOf(c.env);
  const access = settings.ok ? settings.value.access : null;
  if (
    !settings.ok ||
    access === null ||
    assertion === undefined ||
    c.req.header("authorization") !== undefined
  ) {
    await next();
    return undefined;
  }
  const fault = await assertionFault(assertion, access, settings.value, now());
  if (fault !== null) {
    log(settings.value.logLevel, "warn", "access.refused", { reason: fault });
    await next();
    return undefined;
  }
  const isMine = mayAct({
    method: c.req.raw.method,
    isUpgrade: c.req.header("upgrade") !== undefined,
    origin: c.req.header("origin") ?? null,
    site: c.req.header("sec-fetch-site") ?? null,
    own: new URL(c.req.url).origin,
  });
  if (!isMine) return problemResponse(FOREIGN);
  c.set("isOperator", true);
  await next();
  return undefined;
};
