// What requests to the relay do for connectors: those that are let in start them.

import type { MiddlewareHandler } from "hono";
import { wakeSometimes } from "./wake.io.ts";

/** Wakes connectors after the answer to a request that was not refused. */
export const wakeAfterAnswer: MiddlewareHandler<{ Bindings: Env }> = async (c, next) => {
  await next();
  if (c.res.status >= 400) return;
  const work = wakeSometimes(c.env);
  if (work !== null) c.executionCtx.waitUntil(work);
};
