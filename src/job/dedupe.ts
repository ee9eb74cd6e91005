// Has this update been seen before? By the provider's id for 72 hours, by the hash of its body within one era.

import type { DedupeKey } from "../model/messages.ts";
import { HOUR, type Millis } from "../kernel/time.ts";

/** How long a provider's event id is remembered (contract, section 3): the longest retry schedule of a provider is three days. */
export const ID_MEMORY: Millis = 72 * HOUR;

/** When and in which era a key was accepted. */
export interface Sighting {
  readonly at: Millis;
  readonly era: number;
}

/** One text per key; ids and hashes never meet. */
export const keyText = (key: DedupeKey): string => `${key.kind}:${key.value}`;

/** True when an update with this key, seen at `sighting`, is a repetition now. */
export function isRepetition(
  key: DedupeKey,
  sighting: Sighting | undefined,
  era: number,
  now: Millis,
): boolean {
  if (sighting === undefined) return false;
  switch (key.kind) {
    case "id":
      return now - sighting.at < ID_MEMORY;
    case "body":
      return sighting.era === era;
  }
}
