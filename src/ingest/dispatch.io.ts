// Sends prepared updates to the objects that keep them; after the last answer all of it is stored.

import { callObject, type CallFault } from "../durable/object-call.io.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";
import type { JobUpdate } from "../model/messages.ts";
import { accountObject, correlationObject, jobObject } from "../objects.ts";
import type { PreparedUpdate } from "./normalize/normalize.io.ts";
import { withGuid } from "./normalize/normalize.ts";
import type { DispatchResult } from "./receipt.ts";

/**
 * Sends the updates in the body's order and stops at the first object that cannot be reached. The
 * sender then sends everything again, and what is stored already counts as a duplicate.
 * `retention` is the source's.
 */
export async function dispatch(
  env: Env,
  updates: readonly PreparedUpdate[],
  retention: Millis,
): Promise<Result<readonly DispatchResult[], CallFault>> {
  const results: DispatchResult[] = [];
  for (const prepared of updates) {
    const result = await dispatchOne(env, prepared, retention);
    if (!result.ok) return result;
    results.push(result.value);
  }
  return ok(results);
}

async function dispatchOne(
  env: Env,
  prepared: PreparedUpdate,
  retention: Millis,
): Promise<Result<DispatchResult, CallFault>> {
  switch (prepared.kind) {
    case "ignored":
      return ok(prepared);
    case "account": {
      const { update } = prepared;
      const answer = await callObject(() => accountObject(env, update.account).ingest(update));
      const { body } = update;
      const event = "type" in body ? body.type : body.event;
      return answer.ok ? ok({ kind: "stored", event, answer: answer.value, job: null }) : answer;
    }
    case "job":
      return storeJob(env, prepared.update);
    case "run": {
      const { context, run, update } = prepared;
      const assigned = await callObject(() =>
        correlationObject(env, update.source, context).assign(run, retention),
      );
      return assigned.ok ? storeJob(env, withGuid(update, assigned.value.guid)) : assigned;
    }
  }
}

async function storeJob(env: Env, update: JobUpdate): Promise<Result<DispatchResult, CallFault>> {
  const { source, guid, event } = update;
  const answer = await callObject(() => jobObject(env, source, guid).ingest(update));
  if (!answer.ok) return fault(answer.fault);
  return ok({ kind: "stored", event, answer: answer.value, job: { source, guid } });
}
