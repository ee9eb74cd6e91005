// What an update adds to an end that was emitted without it: a link, an error, numbers.
//
// A provider may send the same end twice, and the shorter form may come first.

import { utf8 } from "../kernel/bytes.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { JobEnvelope } from "../model/event.ts";
import type { Millis } from "../kernel/time.ts";
import { decideLifecycle, isEnd } from "./lifecycle.ts";
import { withNumbers } from "./progress.ts";
import type { JobState, StoredUpdate } from "./state.ts";

/** The end with what was missing, and the state that knows it. */
export interface Amendment {
  readonly envelope: JobEnvelope;
  readonly state: JobState;
}

/**
 * Most bytes of an amended envelope: a row holds 2 MB, and the job beside it needs some of them.
 */
const MAX_ENVELOPE_BYTES = 1_800_000;

/** True when an update repeats the end of the current attempt, so that it may add something. */
export const repeatsEnd = (
  state: JobState,
  { event, occurredAt }: StoredUpdate,
  now: Millis,
): boolean =>
  isEnd(event) && decideLifecycle(state.lifecycle, event, { occurredAt, now }).kind === "duplicate";

/** What an update that repeats `end` adds to it; `null` when nothing was missing. */
export function decideAmendment(
  state: JobState,
  end: JobEnvelope,
  given: StoredUpdate,
  redact: readonly string[],
): Amendment | null {
  const update = withNumbers(given, null, redact);
  const adds =
    (end.url === null && update.url !== null) ||
    (isMissing(end.details["error"]) && update.error !== null) ||
    (state.current === null && update.current !== null) ||
    (state.total === null && update.total !== null);
  if (!adds) return null;
  const details = { ...end.details, ...missingIn(end.details, update.details) };
  const envelope: JobEnvelope = { ...end, url: end.url ?? update.url, details };
  if (utf8(JSON.stringify(envelope)).byteLength > MAX_ENVELOPE_BYTES) return null;
  const isNewest = end.seq === state.seq;
  return {
    envelope,
    state: {
      ...state,
      url: state.url ?? update.url,
      error: isNewest ? (state.error ?? update.error) : state.error,
      current: state.current ?? update.current,
      total: state.total ?? update.total,
      details: isNewest ? details : state.details,
    },
  };
}

const isMissing = (value: Json | undefined): boolean => value === undefined || value === null;

/** The members of `added` that `known` lacks. */
function missingIn(known: JsonObject, added: JsonObject): JsonObject {
  const own = new Map(Object.entries(known));
  return Object.fromEntries(
    Object.entries(added).filter(([name, value]) => isMissing(own.get(name)) && !isMissing(value)),
  );
}
