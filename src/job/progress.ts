// Compares progress: what is newer, what goes back, what says nothing new.

import { fingerprint } from "../kernel/fingerprint.ts";
import { canonical, type JsonObject } from "../kernel/json.ts";
import { withMembers } from "../kernel/json/members.ts";
import type { JobState, Progress, StoredUpdate } from "./state.ts";

/** Fingerprints by details: one update is compared several times before it is stored. */
const fingerprints = new WeakMap<object, string>();

function fingerprintOf(details: JsonObject): string {
  const known = fingerprints.get(details);
  if (known !== undefined) return known;
  const text = fingerprint(canonical(details));
  fingerprints.set(details, text);
  return text;
}

/** The progress after `update`: numbers that it does not give stay as they were. */
export const progressAfter = (before: Progress | null, update: StoredUpdate): Progress => ({
  current: update.current ?? before?.current ?? null,
  total: update.total ?? before?.total ?? null,
  details: fingerprintOf(update.details),
});

/** True when an update is older than `before`; one without a number cannot be compared. */
export const goesBack = (before: Progress, update: StoredUpdate): boolean =>
  before.current !== null && update.current !== null && update.current < before.current;

/** True when an update says what `before` says. */
export function isUnchanged(before: Progress, update: StoredUpdate): boolean {
  const next = progressAfter(before, update);
  return (
    before.current === next.current &&
    before.total === next.total &&
    before.details === next.details
  );
}

/** True when an update says what the last emitted progress said. */
export function repeatsShown(state: JobState, update: StoredUpdate): boolean {
  const { shownProgress: shown } = state;
  const next = progressAfter(state.progress, update);
  return (
    shown !== null &&
    shown.current === next.current &&
    shown.total === next.total &&
    shown.details === next.details
  );
}

/**
 * An update with the number that the job counts for it: on progress, one more than the progress
 * that the attempt has accepted. Other events get the last count as any end gets the last number.
 */
export function withCount(
  state: Pick<JobState, "progress"> | null,
  given: StoredUpdate,
): StoredUpdate {
  if (given.counts !== true) return given;
  const { counts: _, ...update } = given;
  if (update.event !== "job.progress") return update;
  const current = (state?.progress?.current ?? 0) + 1;
  return { ...update, current, details: withMembers(update.details, { totalExported: current }) };
}

/** How far an attempt is; `null` where nobody said. */
export interface Numbers {
  readonly current: number | null;
  readonly total: number | null;
}

/**
 * The newest numbers of the current attempt, those that still wait included, but none that the
 * source redacts: `totalExported` is where `current` comes from.
 */
export function latestNumbers(state: JobState, redact: readonly string[]): Numbers {
  const current = state.progress?.current ?? state.current;
  const total = state.progress?.total ?? state.total;
  return {
    current: redact.includes("totalExported") ? null : current,
    total: redact.includes("total") ? null : total,
  };
}

/**
 * The end of an attempt with the final numbers: its own, else the newest that are known. Its
 * details get them, too, unless the source redacts them.
 */
export function withNumbers(
  update: StoredUpdate,
  latest: Numbers | null,
  redact: readonly string[],
): StoredUpdate {
  const current = update.current ?? latest?.current ?? null;
  const total = update.total ?? latest?.total ?? null;
  const numbers = { totalExported: current, total };
  const added = Object.entries(numbers).filter(
    ([name, value]) =>
      value !== null && update.details[name] === undefined && !redact.includes(name),
  );
  return {
    ...update,
    current,
    total,
    details: withMembers(update.details, Object.fromEntries(added)),
  };
}
