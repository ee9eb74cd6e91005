// Comparing progress: what is newer, what goes back, what says nothing new, and which numbers an end carries.

import { fingerprint } from "../kernel/fingerprint.ts";
import { canonical, type JsonObject } from "../kernel/json.ts";
import type { StoredUpdate, JobState, Progress } from "./state.ts";

/** Fingerprints by details: one update is compared several times before it is stored. */
const prints = new WeakMap<object, string>();

function printOf(details: JsonObject): string {
  const known = prints.get(details);
  if (known !== undefined) return known;
  const print = fingerprint(canonical(details));
  prints.set(details, print);
  return print;
}

/** The mark after `update`: numbers it does not give stay as they were known. */
export const progressAfter = (mark: Progress | null, update: StoredUpdate): Progress => ({
  current: update.current ?? mark?.current ?? null,
  total: update.total ?? mark?.total ?? null,
  details: printOf(update.details),
});

/** Progress never goes backwards within an attempt; an update without a number cannot be compared and is not older. */
export const goesBack = (mark: Progress, update: StoredUpdate): boolean =>
  mark.current !== null && update.current !== null && update.current < mark.current;

export function isUnchanged(mark: Progress, update: StoredUpdate): boolean {
  const next = progressAfter(mark, update);
  return (
    mark.current === next.current && mark.total === next.total && mark.details === next.details
  );
}

/** True when a value, read with what is known of the attempt, says what the last emitted progress said. */
export function repeatsShown(state: JobState, update: StoredUpdate): boolean {
  const { shown } = state;
  const next = progressAfter(state.mark, update);
  return (
    shown !== null &&
    shown.current === next.current &&
    shown.total === next.total &&
    shown.details === next.details
  );
}

/** The newest numbers known of the current attempt, those that still wait included. */
export function latestNumbers(state: JobState): {
  readonly current: number | null;
  readonly total: number | null;
} {
  return { current: state.mark?.current ?? state.current, total: state.mark?.total ?? state.total };
}

/** The end of an attempt carries the final numbers: the provider's own, else the newest that were heard. */
export function withNumbers(
  update: StoredUpdate,
  latest: { readonly current: number | null; readonly total: number | null } | null,
): StoredUpdate {
  const current = update.current ?? latest?.current ?? null;
  const total = update.total ?? latest?.total ?? null;
  const details = {
    ...update.details,
    ...(current !== null && update.details["totalExported"] === undefined
      ? { totalExported: current }
      : {}),
    ...(total !== null && update.details["total"] === undefined ? { total } : {}),
  };
  return { ...update, current, total, details };
}
