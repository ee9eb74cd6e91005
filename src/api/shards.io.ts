// The shards of a subscriber, asked together.

import type { SubscriberSettings } from "../config/settings.ts";
import { callObject, type CallFault } from "../durable/object-call.io.ts";
import { ok, type Result } from "../kernel/result.ts";
import { subscriberObject, type Stub } from "../objects.ts";
import type { SubscriberRpc } from "../rpc.ts";
import { callAll } from "./asked.io.ts";

/** How many shards there are, those included that an earlier configuration had. */
export const shardsOf = async (
  env: Env,
  { id, shards }: SubscriberSettings,
): Promise<Result<number, CallFault>> => {
  const used = await callObject(() => subscriberObject(env, id, 0).shards());
  return used.ok ? ok(Math.max(shards, used.value)) : used;
};

/** Asks every shard of a subscriber at once; `ask` gets a stub of its own for each try. */
export async function askAll<T>(
  env: Env,
  subscriber: SubscriberSettings,
  ask: (shard: Stub<SubscriberRpc>) => Promise<T>,
): Promise<Result<readonly T[], CallFault>> {
  const shards = await shardsOf(env, subscriber);
  if (!shards.ok) return shards;
  const all = Array.from({ length: shards.value }, (_, shard) => shard);
  return callAll(all.map((shard) => () => ask(subscriberObject(env, subscriber.id, shard))));
}
