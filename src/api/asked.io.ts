// Objects as the API asks them: again where that helps, and a 503 where it does not.

import type { Settings } from "../config/settings.ts";
import { log } from "../kernel/log.io.ts";
import { callObject, type CallFault } from "../durable/object-call.io.ts";
import { problemResponse } from "../kernel/problem.ts";
import { ok, type Result } from "../kernel/result.ts";

/** The request on whose behalf an object is asked; a route's context is one. */
export interface Asker {
  readonly req: { readonly method: string; readonly path: string };
  readonly var: { readonly settings: Pick<Settings, "logLevel"> };
}

/** Seconds after which a caller may ask again: an object that moves or restarts is back sooner. */
const RETRY_AFTER = "5";

/**
 * The answer when an object was given up: 503, whatever the reason. An object throws where another one did not answer it, and
 * asking again is right then, too; the log tells which it was.
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

/** Asks an object and makes an answer of what it says. `call` makes its stub itself and may run more than once. */
export async function asked<T>(
  asker: Asker,
  call: () => Promise<T>,
  tell: (value: T) => Response | Promise<Response>,
): Promise<Response> {
  const answer = await callObject(call);
  return answer.ok ? tell(answer.value) : unavailable(asker, answer.fault);
}

/** Asks several objects at once: all their answers in the order of the calls, or the first fault. */
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
