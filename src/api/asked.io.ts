// Calls to objects on behalf of the API: repeated where that helps, else answered with 503.

import type { Settings } from "../config/settings.ts";
import { log } from "../kernel/log.io.ts";
import { callObject, type CallFault } from "../durable/object-call.io.ts";
import { problemResponse } from "../kernel/problem.ts";
import { newEventId } from "../kernel/random.io.ts";
import { ok, type Result } from "../kernel/result.ts";

/** The request that a call serves; a route's context has this shape. */
export interface Asker {
  readonly req: { readonly method: string; readonly path: string };
  readonly var: { readonly settings: Pick<Settings, "logLevel"> };
}

/** `Retry-After` in seconds: an object that moves or restarts is back sooner. */
const RETRY_AFTER = "5";

/**
 * The answer when an object fails: 503, whatever the reason. An object may throw because another
 * one did not answer it, and a retry is right then too. The log names the reason.
 */
export function unavailable(
  { req, var: { settings } }: Asker,
  { reason, message }: CallFault,
): Response {
  log(settings.logLevel, "error", "api.unavailable", {
    method: req.method,
    path: req.path,
    reason,
    error: message,
  });
  const detail = "What holds the answer cannot be reached at the moment; try again.";
  return problemResponse(
    { status: 503, title: "Service Unavailable", detail },
    { "retry-after": RETRY_AFTER },
  );
}

/**
 * Calls an object and makes an answer of its result. `call` makes its own stub, because it may run
 * more than once.
 */
export async function asked<T>(
  asker: Asker,
  call: () => Promise<T>,
  tell: (value: T) => Response | Promise<Response>,
): Promise<Response> {
  const answer = await callObject(call);
  return answer.ok ? tell(answer.value) : unavailable(asker, answer.fault);
}

/** Calls to other objects that a Worker has under way at once: the platform lets no more go out. */
const CALLS_AT_ONCE = 6;

/**
 * Calls several objects at once: their results in the order of the calls, or the first fault.
 */
export async function callAll<T>(
  calls: readonly (() => Promise<T>)[],
): Promise<Result<readonly T[], CallFault>> {
  const values: T[] = [];
  for (const answer of await Promise.all(calls.map((call) => callObject(call)))) {
    if (!answer.ok) return answer;
    values.push(answer.value);
  }
  return ok(values);
}

/** The same for any number of objects, some at a time; after a fault no more are called. */
export async function callInTurn<T>(
  calls: readonly (() => Promise<T>)[],
): Promise<Result<readonly T[], CallFault>> {
  const values: T[] = [];
  for (let at = 0; at < calls.length; at += CALLS_AT_ONCE) {
    const some = await callAll(calls.slice(at, at + CALLS_AT_ONCE));
    if (!some.ok) return some;
    values.push(...some.value);
  }
  return ok(values);
}

/** Names what a request does: the same act for every request with the same idempotency key. */
export const actOf = (c: { readonly var: { readonly actId?: string } }): string =>
  c.var.actId ?? newEventId();
