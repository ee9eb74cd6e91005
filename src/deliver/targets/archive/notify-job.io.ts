// Tells a job that its file was stored, so that its stream and its subscribers learn where it is.

import { isJobEvent } from "../../../model/event.ts";
import type { Dispatch } from "../../../model/messages.ts";
import { jobObject } from "../../../objects.ts";
import type { AttemptResult } from "../../attempt/result.ts";
import type { Attempt } from "../../attempt/attempt.io.ts";

/**
 * The outcome of an attempt once the job knows of the file. The file is stored before the job is told: when the job does not
 * answer, the attempt failed and is repeated, which finds the file in its place and tells the job again.
 */
export async function notifyJob(
  env: Env,
  { result, file }: Attempt,
  dispatch: Dispatch,
  subscriber: string,
): Promise<AttemptResult> {
  const { event } = dispatch;
  if (file === null || !isJobEvent(event)) return result;
  try {
    await jobObject(env, event.source, event.guid).archived({
      subscriber,
      eventId: event.id,
      ...file,
    });
    return result;
  } catch {
    return {
      kind: "failure",
      reason: "unknown",
      error: "the file is stored, but its job did not answer",
      ms: result.ms,
    };
  }
}
