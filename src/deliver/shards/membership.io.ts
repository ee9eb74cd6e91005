// Shard 0 knows which shards a subscriber has used, so that all of them are found.

import { callObject } from "../../durable/object-call.io.ts";
import { subscriberObject } from "../../objects.ts";
import type { SubscriberQueue } from "../queue/queue.io.ts";
import type { Health } from "../retry/breaker.ts";
import type { SubscriberStore } from "../subscriber.store.ts";

/** Most shards that any version allows. */
const MAX_SHARDS = 64;

/** Shards that are asked at once whether they have been used. */
const ASKED_TOGETHER = 8;

/** What membership works with. */
interface MembershipDeps {
  readonly env: Env;
  readonly id: string;
  readonly shard: number;
  readonly store: SubscriberStore;
  readonly queue: SubscriberQueue;
}

/** One shard's place among the others. */
export class Membership {
  readonly #deps: MembershipDeps;
  #joining: Promise<boolean> | null = null;

  constructor(deps: MembershipDeps) {
    this.#deps = deps;
  }

  /** True once this shard may deliver: where a subscriber is paused, a new shard is, too. */
  get hasJoined(): boolean {
    return this.#deps.shard === 0 || this.#deps.queue.state.joined;
  }

  /** Tells shard 0 of this one; false when it did not answer. */
  join(): Promise<boolean> {
    if (this.hasJoined) return Promise.resolve(true);
    this.#joining ??= this.#join().finally(() => {
      this.#joining = null;
    });
    return this.#joining;
  }

  async #join(): Promise<boolean> {
    const { env, id, shard, queue } = this.#deps;
    const answer = await callObject(() => subscriberObject(env, id, 0).join(shard));
    if (!answer.ok) return false;
    const { state } = queue;
    const isShut = answer.value.state === "paused" || answer.value.state === "disabled";
    const health = isShut && state.health.state === "active" ? answer.value : state.health;
    queue.save({ ...state, joined: true, health });
    return true;
  }

  /** Notes that a shard is used; answers the health that a new one begins with. */
  admit(shard: number): Health {
    const { queue } = this.#deps;
    const usedShards = Math.max(queue.state.usedShards, shard + 1);
    if (usedShards > queue.state.usedShards) queue.save({ ...queue.state, usedShards });
    return queue.state.health;
  }

  /**
   * Wakes all other shards. Those of an earlier version, of which nothing tells, find their place
   * by it: all that there may be are asked, once. To be called on shard 0. False when one did not
   * answer.
   */
  async wakeOthers(configured: number): Promise<boolean> {
    const { env, id, store, queue } = this.#deps;
    const isSurvey = store.moved.mayHaveOthers;
    const shards = isSurvey ? MAX_SHARDS : Math.max(configured, queue.state.usedShards);
    let all = true;
    for (let first = 1; first < shards; first += ASKED_TOGETHER) {
      const count = Math.min(ASKED_TOGETHER, shards - first);
      const others = Array.from({ length: count }, (_, index) => first + index);
      const answers = await Promise.all(
        others.map((other) => callObject(() => subscriberObject(env, id, other).wake())),
      );
      all &&= answers.every(({ ok }) => ok);
    }
    if (isSurvey && all) store.moved.surveyed();
    return all;
  }
}
