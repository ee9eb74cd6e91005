// Finds the jobs whose deliveries wait in the wrong shard, and lets them move.

import { now } from "../../kernel/clock.io.ts";
import { shardOf } from "../../kernel/shard.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { jobObject } from "../../objects.ts";
import type { SubscriberQueue } from "../queue/queue.io.ts";
import { subscriberConfig } from "../subscriber-config.ts";
import type { SubscriberStore } from "../subscriber.store.ts";
import type { HandOver } from "./hand-over.io.ts";

/** Jobs that move at once: each takes some calls to other objects. */
const MOVED_TOGETHER = 5;

/** How soon jobs that could not move are tried again. */
const MOVE_RETRY_MS: Millis = 30 * SECOND;

/** What a relocation works with. */
interface RelocationDeps {
  readonly env: Env;
  readonly id: string;
  readonly shard: number;
  readonly store: SubscriberStore;
  readonly queue: SubscriberQueue;
  readonly handOver: HandOver;
  /** Called after each step; sets the alarm for the next. */
  readonly afterStep: () => void;
}

/**
 * One pass over the table after the number of shards has changed, a step for each invocation. What
 * has not moved yet is delivered here meanwhile.
 */
export class Relocation {
  readonly #deps: RelocationDeps;
  #after = 0;
  #notBefore: Millis = 0;
  #isRunning = false;
  /** Jobs of this pass that could not move. */
  #failed = 0;

  /** True while it is not known for how many shards an earlier version stored this one. */
  #isOld: boolean;

  constructor(deps: RelocationDeps) {
    this.#deps = deps;
    this.#isOld = deps.shard > 0 && deps.store.moved.mayHaveOthers;
  }

  /** When the next step is due; `null` when all is where it belongs. */
  due(): Millis | null {
    return this.#shards() === null || this.#isRunning ? null : this.#notBefore;
  }

  /** The configured number of shards, if it is not the one of the last pass. */
  #shards(): number | null {
    const { env, id, queue } = this.#deps;
    const config = subscriberConfig(env, id);
    if (typeof config === "string") return null;
    const { shards } = config.subscriber;
    return shards === queue.state.shards && !this.#isOld ? null : shards;
  }

  /** Makes a step, if one is due. Never throws. */
  run(): void {
    const shards = this.#shards();
    if (shards === null || this.#isRunning || this.#notBefore > now()) return;
    this.#isRunning = true;
    void this.#step(shards).finally(() => {
      this.#isRunning = false;
      this.#deps.afterStep();
    });
  }

  async #step(shards: number): Promise<void> {
    const { store, shard, queue } = this.#deps;
    queue.flush();
    const homeOf = (source: string, guid: string): number => shardOf(`${source}/${guid}`, shards);
    const { jobs, next } = store.moved.jobsAfter(
      this.#after,
      (source, guid) => homeOf(source, guid) !== shard,
    );
    for (let at = 0; at < jobs.length; at += MOVED_TOGETHER) {
      const moves = jobs
        .slice(at, at + MOVED_TOGETHER)
        .map(([source, guid]) => this.#move(source, guid, homeOf(source, guid)));
      for (const moved of await Promise.all(moves)) if (!moved) this.#failed += 1;
    }
    this.#after = next ?? 0;
    if (next !== null) return;
    this.#notBefore = this.#failed === 0 ? 0 : now() + MOVE_RETRY_MS;
    if (this.#failed === 0) this.#end(shards);
    this.#failed = 0;
  }

  #end(shards: number): void {
    const { store, queue } = this.#deps;
    queue.save({ ...queue.state, shards });
    if (this.#isOld) store.moved.surveyed();
    this.#isOld = false;
  }

  /** The job decides, because its later events have to follow. What is left here follows, too. */
  async #move(source: string, guid: string, home: number): Promise<boolean> {
    const { env, id, shard, handOver } = this.#deps;
    try {
      return (
        (await jobObject(env, source, guid).move(id, shard)) &&
        (await handOver.job(source, guid, home))
      );
    } catch {
      return false;
    }
  }
}
