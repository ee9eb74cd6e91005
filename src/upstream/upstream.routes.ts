// What requests to the relay do for connectors: those that are let in start them.

import type { MiddlewareHandler } from "hono";
import { wakeAfter } from "./wake.io.ts";

/** Wakes connectors after each answer that is no refusal. */
export const wakeAfterAnswer: MiddlewareHandler<{ Bindings: Env }> = async (c, next) => {
  await next();
  wakeAfter(c.res, c.env, (work) => c.executionCtx.waitUntil(work));
};
