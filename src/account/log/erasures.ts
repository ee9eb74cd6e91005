// Erased events: what is missing in an account's log, and on which channels.

import { fingerprint } from "../../kernel/fingerprint.ts";
import { exportsChannel, webhooksChannel } from "../../model/event.ts";
import { guidOf } from "../../stream/channels.ts";

/**
 * One erased job. A stored format; the guid is kept as a fingerprint only, since it is to be
 * erased, too. Two guids with one fingerprint cost a snapshot that was not needed.
 */
export interface Erasure {
  /** The newest offset that was erased. */
  readonly newest: number;
  readonly job: string;
  /** The newest erased offset of the job's own events; 0 without one. */
  readonly exports: number;
  /** The newest erased offset of its delivery attempts; 0 without one. */
  readonly webhooks: number;
}

/** Most erasures that are remembered; beyond it the older half is forgotten. */
const MAX_ERASURES = 1_000;

/** The fingerprint under which an erased job is remembered. */
export const jobOf = (guid: string): string => fingerprint(guid);

/** The newest offset that is missing on any of `channels`; 0 when none is. */
export function missingUpTo(
  erasures: readonly Erasure[],
  channels: readonly string[],
  account: string,
): number {
  if (erasures.length === 0) return 0;
  const all = channels.includes(exportsChannel(account));
  const attempts = channels.includes(webhooksChannel(account));
  const jobs = new Set(channels.flatMap((channel) => guidOf(channel) ?? []).map(jobOf));
  return erasures.reduce((newest, { job, exports, webhooks }) => {
    const shown = all || jobs.has(job) ? exports : 0;
    return Math.max(newest, shown, attempts ? webhooks : 0);
  }, 0);
}

/**
 * The older half of too many erasures; none while they are within the limit. Given oldest first.
 */
export const surplusErasures = (erasures: readonly Erasure[]): readonly Erasure[] =>
  erasures.length > MAX_ERASURES ? erasures.slice(0, erasures.length - MAX_ERASURES / 2) : [];
