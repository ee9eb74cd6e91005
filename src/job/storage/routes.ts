// To which shards of its subscribers a job's events went, and where the next ones have to go.

import type { Destination, Shards } from "../outbox/destinations.ts";
import { NO_SHARDS } from "../outbox/destinations.ts";
import type { Watermarks } from "../outbox/outbox.ts";
import { lastShards, pinnedShards, withRoutes } from "../outbox/shards.ts";

/** What it reads of a job's storage. */
interface RoutedJob {
  readonly watermarks: () => Watermarks;
  readonly load: () => { readonly state: { readonly seq: number } } | null;
  readonly events: {
    readonly namesOf: (seq: number) => readonly string[];
    readonly destinations: () => readonly Destination[];
  };
}

/** Part of a `JobStore`. */
export class Routes {
  readonly #job: RoutedJob;

  constructor(job: RoutedJob) {
    this.#job = job;
  }

  /** The shard to which each subscriber's events went last. */
  last(): Shards {
    return lastShards(this.#job.watermarks().reached ?? this.#namesOfNewest());
  }

  /** The shards that events keep while a move has not ended: one move follows the other. */
  pinned(): Shards {
    const { moves = [] } = this.#job.watermarks();
    return moves.length === 0 ? NO_SHARDS : pinnedShards(moves, this.last());
  }

  /**
   * The watermarks before an event for `to`. Those of an earlier version learn where all events
   * went when the next one goes elsewhere.
   */
  watermarksBefore(to: readonly Destination[]): Watermarks {
    const before = this.#job.watermarks();
    if (before.reached !== undefined) return before;
    const newest = this.#namesOfNewest();
    if (withRoutes(newest, to).moves.length === 0) return before;
    const all = this.#job.events.destinations().map(({ name }) => name);
    return { ...before, reached: [...all.filter((name) => !newest.includes(name)), ...newest] };
  }

  #namesOfNewest(): readonly string[] {
    return this.#job.events.namesOf(this.#job.load()?.state.seq ?? 0);
  }
}
