// Removes what other objects hold of a job.

import { accountObject, sourceObject, subscriberObject } from "../../objects.ts";
import type { JobState } from "../state.ts";
import type { SubscriberDestination } from "./destinations.ts";

/**
 * Removes a job from its subscribers, its source's list and its account. The account comes last,
 * since subscribers tell it of attempts. Throws when an object does not answer.
 */
export async function eraseElsewhere(
  env: Env,
  job: JobState,
  subscribers: readonly SubscriberDestination[],
): Promise<void> {
  for (const { id, shard } of subscribers)
    await subscriberObject(env, id, shard).erase(job.source, job.guid);
  await sourceObject(env, job.source).forget(job.guid, job.createdAt);
  await accountObject(env, job.account).forget(job.source, job.guid);
}
