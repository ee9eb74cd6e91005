// Removes what other objects hold of a job.

import type { Settings } from "../../config/settings.ts";
import { now } from "../../kernel/clock.io.ts";
import { HOUR, type Millis } from "../../kernel/time.ts";
import { accountObject, subscriberObject } from "../../objects.ts";
import type { JobStore } from "../storage/job.store.ts";
import { unindexJob } from "./index.io.ts";
import { subscribersHolding, type SubscriberDestination } from "./destinations.ts";

/** An expired job waits at least so long before it asks again for its deliveries that wait. */
const KEPT_FOR: Millis = HOUR;

/**
 * Lets the subscribers of an expired job remove what is finished. Answers when to ask again,
 * because deliveries wait; `null` when none does. Throws when an object does not answer.
 */
export async function lastDeliveryDue(
  env: Env,
  store: JobStore,
  settings: Settings,
): Promise<Millis | null> {
  const job = store.load()?.state;
  if (job === undefined) return null;
  let last: Millis | null = null;
  for (const { id, shard } of subscribersHolding(job, store.destinationsReached(), settings)) {
    const due = await subscriberObject(env, id, shard).expire(job.source, job.guid, now());
    if (due !== null) last = Math.max(last ?? now() + KEPT_FOR, due);
  }
  return last;
}

/** The subscribers that hold something of a job, and whether what archives stored goes, too. */
interface ErasedParts {
  readonly subscribers: readonly SubscriberDestination[];
  readonly files: boolean;
}

/**
 * Removes a job from its subscribers, its source's list and its account. The account comes last,
 * since subscribers tell it of attempts. Throws when an object does not answer.
 */
export async function eraseElsewhere(
  env: Env,
  store: JobStore,
  { subscribers, files }: ErasedParts,
): Promise<void> {
  const job = store.load()?.state;
  if (job === undefined) return;
  const upTo = now();
  for (const { id, shard } of subscribers)
    await subscriberObject(env, id, shard).erase(job.source, job.guid, files, upTo);
  // Of a job that has expired nothing but these calls may come late.
  await unindexJob(env, job, store.watermarks().part, files ? upTo : undefined);
  await accountObject(env, job.account).forget(job.source, job.guid, upTo, files);
}
