// One shard of a subscriber beside the others: what it tells them, gives them and takes from them.

import { now } from "../../kernel/clock.io.ts";
import { timeOf, type Millis } from "../../kernel/time.ts";
import { isJobEvent } from "../../model/event.ts";
import type { Dispatch } from "../../model/messages.ts";
import { subscriberObject, type Stub } from "../../objects.ts";
import type { SubscriberRpc } from "../../rpc.ts";
import type { SubscriberQueue } from "../queue/queue.io.ts";
import type { Health } from "../retry/breaker.ts";
import { subscriberConfig } from "../subscriber-config.ts";
import type { SubscriberStore } from "../subscriber.store.ts";
import { splitJob } from "../tables.ts";
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

/** Changes of shards within a day that a call may follow; then it is taken where it is. */
const MOST_PASSED_ON = 8;

/** Part of a subscriber's object. */
export class Shard {
  readonly #deps: ShardDeps;
  readonly #membership: Membership;
  readonly #handOver: HandOver;
  readonly #relocation: Relocation;

  constructor(deps: ShardDeps) {
    this.#deps = deps;
    this.#membership = new Membership(deps);
    this.#handOver = new HandOver(deps);
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

  /**
   * Gives what waits of a job to another shard; false while a delivery of it is under way, and for
   * a call from before the job was handed over or came back.
   */
  async handOver(source: string, guid: string, to: number, sentAt: Millis): Promise<boolean> {
    if ((this.#deps.store.gone.moved(source, guid)?.at ?? 0) > sentAt) return false;
    const done = await this.#handOver.job(source, guid, to);
    this.#deps.changed();
    return done;
  }

  /**
   * Which events of a call are taken, and whether another shard takes them: a call may come late,
   * to a shard that has handed the job over, or after the job was erased.
   */
  async destinationOf(
    dispatches: readonly Dispatch[],
    passedOn: number,
  ): Promise<{
    readonly other: Stub<SubscriberRpc> | null;
    readonly dispatches: readonly Dispatch[];
  }> {
    const { store } = this.#deps;
    const event = dispatches[0]?.event;
    if (event === undefined || !isJobEvent(event)) return { other: null, dispatches };
    const { source, guid } = event;
    await this.#handOver.settled(`${source}/${guid}`);
    return {
      other: passedOn < MOST_PASSED_ON ? this.#holderOf(source, guid) : null,
      dispatches: dispatches.filter(
        ({ event: { time } }) => !store.gone.isErased(source, guid, timeOf(time)),
      ),
    };
  }

  /**
   * Removes a job, here and where it was handed over to; with `forGood`, what was emitted up to
   * `upTo` does not come again. False for a call of before an erasure: what is here is of the job's
   * next life.
   */
  async erase(source: string, guid: string, forGood: boolean, upTo: Millis): Promise<boolean> {
    const { store, queue } = this.#deps;
    if (store.gone.isErased(source, guid, upTo)) return false;
    queue.erase(source, guid, forGood ? Infinity : upTo);
    if (!forGood) return true;
    await this.#holderOf(source, guid)?.erase(source, guid, true, upTo);
    store.gone.add(source, guid, { at: upTo, shard: null });
    return true;
  }

  /** The shard that a job was handed over to; `null` where it is here. */
  #holderOf(source: string, guid: string): Stub<SubscriberRpc> | null {
    const { env, id, shard, store } = this.#deps;
    const to = store.gone.moved(source, guid)?.shard ?? shard;
    return to === shard ? null : subscriberObject(env, id, to);
  }

  /**
   * Stores what waited of a job in another shard; false for a call from before the job left, and
   * while it leaves: two shards would each note that the other has it.
   */
  adopt({ job, startedAt = Infinity, deliveries, progressSentAt }: WaitingJob): boolean {
    const { env, id, shard, store, queue } = this.#deps;
    const name = splitJob(job);
    const hasLeft = (store.gone.moved(...name)?.at ?? 0) > startedAt;
    if (this.#handOver.isLeaving(job) || hasLeft || store.gone.isErased(...name, startedAt))
      return false;
    store.gone.cameBack(...name, { at: Math.min(startedAt, now()), shard });
    queue.adopt(deliveries);
    const config = subscriberConfig(env, id);
    if (progressSentAt !== null && typeof config !== "string")
      queue.backlog.progressSent(job, progressSentAt, config.subscriber.throttle);
    return true;
  }
}
