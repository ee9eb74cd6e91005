// Hands over what waits of a job to the shard where the job belongs now.

import { settingsOrNull } from "../../config/load.ts";
import { now } from "../../kernel/clock.io.ts";
import { log, logError } from "../../kernel/log.io.ts";
import { subscriberObject } from "../../objects.ts";
import type { SubscriberQueue } from "../queue/queue.io.ts";
import type { SubscriberStore } from "../subscriber.store.ts";
import { partsOf, type WaitingDelivery } from "./waiting-job.ts";

/** What handing over works with. */
interface HandOverDeps {
  readonly env: Env;
  /** The subscriber's id, and the number of this shard. */
  readonly id: string;
  readonly shard: number;
  readonly store: SubscriberStore;
  readonly queue: SubscriberQueue;
}

/**
 * The rows of a job stay here until the other shard has all of them, so that a crash leaves them
 * whole in one place. What both have then, both may deliver, each from the first one on: the
 * subscriber sees some twice, and none before an earlier one.
 */
export class HandOver {
  readonly #deps: HandOverDeps;
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(deps: HandOverDeps) {
    this.#deps = deps;
  }

  /**
   * Hands over a job's unfinished deliveries; false while one of them is under way. To repeat it
   * does no harm. Throws when the other shard does not answer.
   */
  job(source: string, guid: string, to: number): Promise<boolean> {
    const job = `${source}/${guid}`;
    const running =
      this.#running.get(job) ??
      this.#run(source, guid, to).finally(() => this.#running.delete(job));
    this.#running.set(job, running);
    return running;
  }

  /** True while a job is being handed over. */
  isLeaving(job: string): boolean {
    return this.#running.has(job);
  }

  /** Waits until a job that is being handed over is there, or stays here after all. */
  async settled(job: string): Promise<void> {
    await this.#running.get(job)?.catch(() => undefined);
  }

  async #run(source: string, guid: string, to: number): Promise<boolean> {
    const { env, id, shard, store, queue } = this.#deps;
    const job = `${source}/${guid}`;
    if (to === shard) return true;
    queue.flush();
    const ns = store.jobs.unfinished(source, guid);
    if (ns.some((n) => queue.underWay.has(n))) return false;
    for (const n of ns) queue.leaving.add(n);
    try {
      if (!(await this.#send(source, guid, { ns, to }))) return false;
      store.gone.add(source, guid, { at: now(), shard: to });
      queue.handedOver(source, guid, new Set(ns));
      const level = settingsOrNull(env)?.logLevel ?? "info";
      if (ns.length > 0)
        log(level, "info", "shard.handed_over", {
          subscriber: id,
          shard,
          to,
          job,
          deliveries: ns.length,
        });
      return true;
    } catch (thrown) {
      logError("shard.hand_over_failed", thrown, { subscriber: id, shard, to });
      throw thrown;
    } finally {
      for (const n of ns) queue.leaving.delete(n);
      queue.backlog.touch({ job, n: 0 });
    }
  }

  async #send(
    source: string,
    guid: string,
    { ns, to }: { readonly ns: readonly number[]; readonly to: number },
  ): Promise<boolean> {
    const { env, id, store, queue } = this.#deps;
    const job = `${source}/${guid}`;
    const progressSentAt = queue.backlog.progressSentAt.get(job) ?? null;
    const startedAt = now();
    const other = subscriberObject(env, id, to);
    // Where nothing waits, the other shard still has to know that the job is there.
    const parts = ns.length === 0 ? [[]] : partsOf(wholeRows(store, ns));
    for (const deliveries of parts)
      if (!(await other.adopt({ job, startedAt, deliveries, progressSentAt }))) return false;
    // What was erased here meanwhile must not come back there.
    if (ns.some((n) => store.history.find(n) === null))
      await other.erase(source, guid, false, startedAt);
    return true;
  }
}

function* wholeRows(store: SubscriberStore, ns: readonly number[]): Generator<WaitingDelivery> {
  for (const n of ns) {
    const row = store.moved.read(n);
    if (row !== null) yield row;
  }
}
