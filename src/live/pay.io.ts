// Hands an account's events to the subscribers' objects, each on its own: one that fails holds back no other.

import type { Dispatch } from "../kernel/handoff.ts";
import { subscriberObject } from "../objects.ts";
import type { Owed, Payment } from "./account.store.ts";

/** What a subscriber's object offers to those who owe it events; it drops what it has. */
interface Creditor {
  enqueue(dispatches: readonly Dispatch[]): Promise<unknown>;
}

/** Hands everything over at once and waits for every answer. Never throws. */
export async function pay(env: Env, debts: readonly Owed[]): Promise<readonly Payment[]> {
  const answers = await Promise.allSettled(
    debts.map((owed) => (subscriberObject(env, owed.subscriber, owed.shard) as unknown as Creditor).enqueue([owed.dispatch])),
  );
  return debts.map((owed, index) => ({ owed, paid: answers[index]?.status === "fulfilled" }));
}
