// What a subscriber knows about itself besides its deliveries; one row, written when something in it changes meaningfully.

import { HEALTHY, type Health } from "./retry/breaker.ts";
import type { LastFailure, StoredState } from "./view.ts";
import type { Millis } from "../kernel/time.ts";

/** Which deliveries a replay takes up again. */
export interface ReplayQuery {
  readonly state?: StoredState;
  readonly event?: string;
  readonly since?: Millis;
  readonly until?: Millis;
}

/** A replay under way: it walks from `after` to `upTo`, so what dies again on the way is not taken twice. */
export interface Replay {
  readonly query: ReplayQuery;
  readonly after: number;
  readonly upTo: number;
  readonly total: number;
  readonly released: number;
}

export interface SubscriberState {
  readonly health: Health;
  readonly lastFailure: LastFailure | null;
  readonly replay: Replay | null;
  /** No delivery with a smaller `n` is unfinished: where to start reading after a restart. */
  readonly low: number;
}

/** A subscriber nobody has heard of yet. */
export const START: SubscriberState = { health: HEALTHY, lastFailure: null, replay: null, low: 0 };
