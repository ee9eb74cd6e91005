// What a subscriber knows about itself besides its deliveries: one row, written when it changes.

import type { Millis } from "../kernel/time.ts";
import type { LastFailure, StoredState } from "./delivery.ts";
import type { Notice } from "../operations/notice.ts";
import { HEALTHY, type Health } from "./retry/breaker.ts";

/** Which deliveries a replay starts over; absent members match everything. */
export interface ReplayQuery {
  readonly state?: StoredState;
  readonly event?: string;
  readonly since?: Millis;
  readonly until?: Millis;
}

/**
 * A replay under way. It walks through the rows after `after` up to `upTo`, so that a delivery
 * that dies again during the replay is not started over twice.
 */
interface Replay {
  readonly query: ReplayQuery;
  readonly after: number;
  readonly upTo: number;
  /** Deliveries that were selected at the beginning. */
  readonly total: number;
  /** Deliveries that have been started over so far. */
  readonly released: number;
}

/** The state of one subscriber object. */
export interface SubscriberState {
  readonly health: Health;
  readonly lastFailure: LastFailure | null;
  readonly replay: Replay | null;
  /** No delivery with a smaller `n` is unfinished: reading begins here after a restart. */
  readonly lowestPending: number;
  /** True between the notice that it fails or is disabled and the one that it is active again. */
  readonly alerted: boolean;
  /** Notices that not every subscriber who wants them has. */
  readonly notices: readonly Notice[];
  /** The number of shards for which all that waits is where it belongs. */
  readonly shards: number;
  /** Shards that were ever used; only shard 0 counts them. */
  readonly usedShards: number;
  /** True once shard 0 knows of this shard. */
  readonly joined: boolean;
}

/** The state of a subscriber that has made no attempt yet. */
export const INITIAL_STATE: SubscriberState = {
  health: HEALTHY,
  lastFailure: null,
  replay: null,
  lowestPending: 0,
  alerted: false,
  notices: [],
  shards: 1,
  usedShards: 1,
  joined: false,
};

/** The stored form of a state. Its member names are a format: earlier versions wrote them. */
interface StoredSubscriberState extends Omit<SubscriberState, "lowestPending"> {
  readonly low: number;
}

/** The text of a state's row. */
export function stateToText({ lowestPending, ...rest }: SubscriberState): string {
  const stored: StoredSubscriberState = { ...rest, low: lowestPending };
  return JSON.stringify(stored);
}

/** Reads a state's row; what an earlier version did not store has its initial value. */
export function stateFromText(text: string): SubscriberState {
  const { low, ...rest } = JSON.parse(text) as Partial<StoredSubscriberState>;
  return {
    ...INITIAL_STATE,
    ...rest,
    lowestPending: low ?? INITIAL_STATE.lowestPending,
  };
}
