// Hands an account's events to the subscribers' objects, each on its own: one that fails holds back no other.

import { now as clock } from "../kernel/clock.io.ts";
import type { Dispatch } from "../model/messages.ts";
import type { Millis } from "../kernel/time.ts";
import { subscriberObject } from "../objects.ts";
import type { AccountStore, OutboxEntry, DrainResult } from "./account.store.ts";
import { DRAIN_BATCH } from "./retention.ts";

/** What a subscriber's object offers to those who owe it events; it drops what it has. */
interface Creditor {
  enqueue(dispatches: readonly Dispatch[]): Promise<unknown>;
}

/** Hands everything over at once and waits for every answer. Never throws. */
async function pay(env: Env, debts: readonly OutboxEntry[]): Promise<readonly DrainResult[]> {
  const answers = await Promise.allSettled(
    debts.map((owed) =>
      (subscriberObject(env, owed.subscriber, owed.shard) as unknown as Creditor).enqueue([
        owed.dispatch,
      ]),
    ),
  );
  return debts.map((owed, index) => ({ owed, paid: answers[index]?.status === "fulfilled" }));
}

/** Hands over what is due, a batch at most, and notes what got through. */
export async function drainOutbox(env: Env, store: AccountStore, now: Millis): Promise<void> {
  const debts = store.commit(() => store.lease(now, DRAIN_BATCH));
  const paid = await pay(env, debts);
  store.commit(() => store.settle(paid, clock()));
}
