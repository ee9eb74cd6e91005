// The words of one delivery: its states, its attempts, its row, and its id.

import type { Format } from "../config/settings.ts";
import type { Millis } from "../kernel/time.ts";

/** What a row says about its delivery. */
export type StoredState = "pending" | "delivered" | "superseded" | "dead" | "cancelled";

/** What the API says: `held` is a pending delivery of a subscriber that takes nothing. */
export type DeliveryState = StoredState | "held";

/** Why an attempt is made, in the words of the API. */
export type Trigger = "initial" | "retry" | "probe" | "manual" | "replay";

/** One attempt as it is stored; `status` 0 means that no answer came. */
export interface AttemptEntry {
  readonly time: Millis;
  readonly status: number;
  readonly error: string | null;
  readonly ms: Millis;
  readonly trigger: Trigger;
  readonly answer: string | null;
  /** What was sent had this format; absent in attempts of earlier versions. */
  readonly format?: Format;
}

/** The last attempt that failed, as it is stored; `status` 0 means that no answer came. */
export interface LastFailure {
  readonly time: Millis;
  readonly status: number;
  readonly error: string | null;
}

/** A stored delivery without its body. */
export interface DeliveryRow {
  readonly n: number;
  readonly id: string;
  readonly eventId: string;
  readonly event: string;
  readonly guid: string | null;
  readonly source: string;
  readonly seq: number | null;
  readonly state: StoredState;
  readonly due: Millis;
  readonly log: readonly AttemptEntry[];
}

/**
 * The id of the delivery in row `n`. The id holds the row's number, so that finding it needs no
 * index. `random` (hex digits) keeps ids from being guessed or used again.
 */
export const deliveryId = (n: number, random: string): string => `dlv_${n.toString(36)}_${random}`;

/** Reads the row's number from a delivery's id; `null` for what is no delivery id. */
export function rowOfDelivery(id: string): number | null {
  const digits = /^dlv_([0-9a-z]{1,10})_[0-9a-f]{1,32}$/.exec(id)?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 36);
}
