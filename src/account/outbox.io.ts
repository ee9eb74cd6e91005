// Drains the outbox of an account into the subscribers' objects. One that fails delays no other.

import { now as clock } from "../kernel/clock.io.ts";
import type { Millis } from "../kernel/time.ts";
import { subscriberObject } from "../objects.ts";
import type { AccountStore } from "./account.store.ts";
import type { DrainResult, OutboxEntry } from "./outbox.store.ts";
import { DRAIN_BATCH } from "./retention.ts";

/** Sends all entries at once and waits for every answer. Never throws. */
async function send(env: Env, entries: readonly OutboxEntry[]): Promise<readonly DrainResult[]> {
  const answers = await Promise.allSettled(
    entries.map(({ subscriber, shard, dispatch }) =>
      subscriberObject(env, subscriber, shard).enqueue([dispatch]),
    ),
  );
  return entries.map((entry, index) => ({
    entry,
    acknowledged: answers[index]?.status === "fulfilled",
  }));
}

/** Sends what is due, at most `DRAIN_BATCH` entries, and notes what was acknowledged. */
export async function drainOutbox(env: Env, store: AccountStore, now: Millis): Promise<void> {
  const entries = store.commit(() => store.outbox.lease(now, DRAIN_BATCH));
  const results = await send(env, entries);
  store.commit(() => store.outbox.settle(results, clock()));
}
