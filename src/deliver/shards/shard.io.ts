// One shard of a subscriber beside the others: what it tells them, gives them and takes from them.

import { settingsOf } from "../../config/load.ts";
import type { Millis } from "../../kernel/time.ts";
import type { SubscriberQueue } from "../queue/queue.io.ts";
import type { Health } from "../retry/breaker.ts";
import { subscriberConfig } from "../subscriber-config.ts";
import type { SubscriberStore } from "../subscriber.store.ts";
import { HandOver } from "./hand-over.io.ts";
import { Membership } from "./membership.io.ts";
import { Relocation } from "./relocation.io.ts";
import type { WaitingJob } from "./waiting-job.ts";

/** What a shard works with. */
interface ShardDeps {
  readonly env: Env;
  readonly id: string;
  readonly shard: number;
  readonly store: SubscriberStore;
  readonly queue: SubscriberQueue;
  /** Called when something else may leave, or be due. */
  readonly changed: () => void;
}

/** Part of a subscriber's object. */
export class Shard {
  readonly #deps: ShardDeps;
  readonly #membership: Membership;
  readonly #handOver: HandOver;
  readonly #relocation: Relocation;

  constructor(deps: ShardDeps) {
    this.#deps = deps;
    this.#membership = new Membership(deps);
    const logLevel = () => {
      const settings = settingsOf(deps.env);
      return settings.ok ? settings.value.logLevel : "info";
    };
    this.#handOver = new HandOver({ ...deps, logLevel });
    const afterStep = deps.changed;
    this.#relocation = new Relocation({ ...deps, handOver: this.#handOver, afterStep });
  }

  /** True once this shard may deliver. */
  get hasJoined(): boolean {
    return this.#membership.hasJoined;
  }

  /** When the alarm is needed; `null` when it is not. */
  due(): Millis | null {
    return this.#relocation.due();
  }

  /** Begins what is due; does not wait for it. */
  run(): void {
    this.#relocation.run();
    if (!this.hasJoined && this.#deps.store.nextN() > 1)
      void this.#membership.join().then((joined) => joined && this.#deps.changed());
  }

  /** Tells shard 0 of this one; shard 0 wakes all others. Throws when one does not answer. */
  async wake(): Promise<void> {
    const { env, id, shard, store } = this.#deps;
    if (shard > 0) return void (store.nextN() > 1 && (await this.#membership.join()));
    const config = subscriberConfig(env, id);
    const shards = typeof config === "string" ? 1 : config.subscriber.shards;
    if (!(await this.#membership.wakeOthers(shards))) throw new Error("a shard did not answer");
  }

  /** Notes that another shard is used; answers the health that a new one begins with. */
  admit(shard: number): Health {
    return this.#membership.admit(shard);
  }

  /** Gives what waits of a job to another shard; false while a delivery of it is under way. */
  async handOver(source: string, guid: string, to: number): Promise<boolean> {
    const done = await this.#handOver.job(source, guid, to);
    this.#deps.changed();
    return done;
  }

  /** Stores what waited of a job in another shard. */
  adopt({ job, deliveries, progressSentAt }: WaitingJob): void {
    const { env, id, queue } = this.#deps;
    queue.adopt(deliveries);
    const config = subscriberConfig(env, id);
    if (progressSentAt !== null && typeof config !== "string")
      queue.backlog.progressSent(job, progressSentAt, config.subscriber.throttle);
  }
}
