// Hands notices to the subscribers that want them.

import { settingsOf } from "../config/load.ts";
import { callObject } from "../durable/object-call.io.ts";
import { subscriberObject } from "../objects.ts";
import { parcelsOf, type Notice } from "./notice.ts";

/**
 * Sends notices about a subject; true when each of its subscribers has stored them, so that they
 * may be forgotten. Nothing is sent while the configuration is invalid.
 */
export async function sendNotices(
  env: Env,
  subject: string,
  notices: readonly Notice[],
): Promise<boolean> {
  const settings = settingsOf(env);
  if (!settings.ok) return false;
  const sent = await Promise.all(
    parcelsOf(subject, notices, settings.value).map(({ subscriber, shard, dispatches }) =>
      callObject(() => subscriberObject(env, subscriber, shard).enqueue(dispatches)),
    ),
  );
  return sent.every(({ ok }) => ok);
}
