// Whether an update was seen before: by the provider's id, else by the hash of its body.

import { fingerprint } from "../kernel/fingerprint.ts";
import type { DedupeKey } from "../model/messages.ts";

/** A key that was accepted: how many lifecycle events the job had accepted by then. */
export interface Sighting {
  readonly lifecycleCount: number;
}

/** Most characters of a key that is stored as it is: a sender may use a megabyte as an id. */
const MAX_KEY_CHARACTERS = 500;

/**
 * The key as one text, in which ids and hashes never meet. Of a long one its beginning, length and
 * fingerprint are left.
 */
export function keyText({ kind, value }: DedupeKey): string {
  if (value.length <= MAX_KEY_CHARACTERS) return `${kind}:${value}`;
  const start = value.slice(0, MAX_KEY_CHARACTERS).toWellFormed();
  return `${kind}:${start}#${value.length}#${fingerprint(value)}`;
}

/**
 * True when an update with this key was seen before. An id counts as seen as long as the job is
 * kept. A body without an id counts as seen only until another lifecycle event is accepted: then
 * the same text may well be news.
 */
export function isRepetition(
  key: DedupeKey,
  sighting: Sighting | undefined,
  lifecycleCount: number,
): boolean {
  if (sighting === undefined) return false;
  switch (key.kind) {
    case "id":
      return true;
    case "body":
      return sighting.lifecycleCount === lifecycleCount;
  }
}
