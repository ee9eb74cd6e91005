// Hands what a request means to the objects that keep it. After the last answer everything is stored durably.

import type { AccountUpdate, IngestAnswer, JobUpdate } from "../model/messages.ts";
import { callObject, type CallFault } from "../durable/object-call.io.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";
import type { RunEvent } from "./correlation/runs.ts";
import type { PreparedUpdate } from "./normalize/normalize.io.ts";
import { withGuid } from "./normalize/normalize.ts";
import type { DispatchResult } from "./receipt.ts";

/** The objects' doors. Each call makes its own stub, so that it can be tried again. */
export interface DispatchDeps {
  job(update: JobUpdate): Promise<IngestAnswer>;
  account(update: AccountUpdate): Promise<IngestAnswer>;
  run(
    source: string,
    context: string,
    event: RunEvent,
    retention: Millis,
  ): Promise<{ readonly guid: string }>;
}

/**
 * Hands over in the body's order and stops at the first object that cannot be reached: the sender then sends all of it
 * again, and what is stored already counts as a duplicate. `retention` is the source's.
 */
export async function dispatch(
  doors: DispatchDeps,
  ready: readonly PreparedUpdate[],
  retention: Millis,
): Promise<Result<readonly DispatchResult[], CallFault>> {
  const taken: DispatchResult[] = [];
  for (const one of ready) {
    const result = await handOverOne(doors, one, retention);
    if (!result.ok) return result;
    taken.push(result.value);
  }
  return ok(taken);
}

async function handOverOne(
  doors: DispatchDeps,
  ready: PreparedUpdate,
  retention: Millis,
): Promise<Result<DispatchResult, CallFault>> {
  switch (ready.kind) {
    case "ignored":
      return ok({ kind: "ignored", reason: ready.reason });
    case "account": {
      const answer = await callObject(() => doors.account(ready.update));
      return answer.ok
        ? ok({ kind: "stored", answer: answer.value, job: null })
        : fault(answer.fault);
    }
    case "job":
      return storeJob(doors, withGuid(ready.draft, ready.guid));
    case "run": {
      const run = await callObject(() =>
        doors.run(ready.draft.source, ready.context, ready.run, retention),
      );
      return run.ok ? storeJob(doors, withGuid(ready.draft, run.value.guid)) : fault(run.fault);
    }
  }
}

async function storeJob(
  doors: DispatchDeps,
  update: JobUpdate,
): Promise<Result<DispatchResult, CallFault>> {
  const answer = await callObject(() => doors.job(update));
  if (!answer.ok) return fault(answer.fault);
  return ok({
    kind: "stored",
    answer: answer.value,
    job: { source: update.source, guid: update.guid },
  });
}
