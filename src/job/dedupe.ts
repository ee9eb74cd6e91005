// Whether an update was seen before: by the provider's id, else by the hash of its body.

import type { DedupeKey } from "../model/messages.ts";
import { HOUR, type Millis } from "../kernel/time.ts";

/**
 * How long a provider's event id is remembered (contract, section 3): the longest retry schedule of
 * a provider is three days.
 */
export const ID_MEMORY: Millis = 72 * HOUR;

/** When a key was accepted, and how many lifecycle events the job had accepted by then. */
export interface Sighting {
  readonly at: Millis;
  readonly lifecycleCount: number;
}

/** The key as one text, in which ids and hashes never meet. */
export const keyText = (key: DedupeKey): string => `${key.kind}:${key.value}`;

/**
 * True when an update with this key was seen before. A body without an id counts as seen only until
 * another lifecycle event is accepted: then the same text may well be news.
 */
export function isRepetition(
  key: DedupeKey,
  sighting: Sighting | undefined,
  lifecycleCount: number,
  now: Millis,
): boolean {
  if (sighting === undefined) return false;
  switch (key.kind) {
    case "id":
      return now - sighting.at < ID_MEMORY;
    case "body":
      return sighting.lifecycleCount === lifecycleCount;
  }
}
