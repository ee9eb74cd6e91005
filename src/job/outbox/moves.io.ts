// Lets what waits for a job at a former shard of a subscriber follow it to the shard of today.

import type { Settings } from "../../config/settings.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import type { JobStore } from "../storage/job.store.ts";
import { homeShard, subscriberDestination } from "./destinations.ts";
import { afterFault, afterMoves, withReached } from "./outbox.ts";
import { handOver } from "./send.io.ts";

/**
 * A move is stored before anything is handed over, together with the shard that gets all later
 * events. A crash leaves the move to be done again, which does no harm.
 */
export class ShardMoves {
  readonly #env: Env;
  readonly #store: JobStore;

  constructor(env: Env, store: JobStore) {
    this.#env = env;
    this.#store = store;
  }

  /** True while a move of this subscriber has not ended. */
  isMoving(subscriber: string): boolean {
    return (this.#store.watermarks().moves ?? []).some(({ id }) => id === subscriber);
  }

  /** Stores a move away from `shard`, if events go there and the configuration names another. */
  begin(subscriber: string, shard: number, settings: Settings): boolean {
    const job = this.#store.load()?.state;
    if (job === undefined || this.isMoving(subscriber)) return false;
    const home = homeShard(subscriber, job, settings);
    if (shard === home || this.#store.routes.last().get(subscriber) !== shard) return false;
    const to = [subscriberDestination(subscriber, home)];
    this.#store.setWatermarks(withReached(this.#store.routes.watermarksBefore(to), to));
    this.#store.saveWatermarks();
    return true;
  }

  /**
   * Ends what moves, once the former shards have all that was meant for them. The alarm tries again
   * what failed.
   */
  async end(): Promise<void> {
    const job = this.#store.load()?.state;
    const { moves = [] } = this.#store.watermarks();
    if (job === undefined || moves.length === 0) return;
    const last = this.#store.routes.last();
    const done = new Set<string>();
    for (const move of moves)
      if (await handOver(this.#env, job, move, last.get(move.id) ?? 0)) done.add(move.id);
    const after = afterMoves(this.#store.watermarks(), done);
    this.#store.setWatermarks(done.size === moves.length ? after : afterFault(after, clock()));
    this.#store.saveWatermarks();
  }
}
