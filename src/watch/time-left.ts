// How long a job will still take, estimated from its last minute of progress, and steady: what a
// page shows changes little from one event to the next.

import { MINUTE, SECOND, type Millis } from "../kernel/time.ts";

/** Progress at an instant of the relay's clock. */
export interface Sample {
  readonly at: Millis;
  readonly current: number;
}

/** What is known of a job's pace. */
export interface Pace {
  /** Oldest first: those of the last minute, and one before it. */
  readonly samples: readonly Sample[];
  /** When the job will have ended, by the page's own clock; `null` while there is no estimate. */
  readonly endsAt: Millis | null;
  /** When progress was seen last, by the page's own clock. */
  readonly seenAt: Millis;
}

export const NO_PACE: Pace = { samples: [], endsAt: null, seenAt: 0 };

/** The progress that an estimate is made from. */
const SPAN: Millis = MINUTE;

/** The least progress that says anything about the pace. */
const LEAST_SPAN: Millis = 2 * SECOND;

/** How far an estimate follows the newest pace: a burst or a pause of one event is no news yet. */
const FOLLOW = 0.3;

/** Changes below this share of the time left are noise. */
const NOISE = 0.1;

/** After so many usual steps without progress, nothing is known. */
const SILENT_STEPS = 3;

/** Progress that arrived at `now`. */
export interface Progressed extends Sample {
  readonly total: number | null;
  readonly now: Millis;
}

/** The samples with a new one; a job that starts over has no older ones. */
function sampled(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last === undefined || next.current < last.current || next.at < last.at) return [next];
  if (next.current === last.current) return samples;
  const all = [...samples, next];
  const begins = all.findLastIndex(({ at }) => at <= next.at - SPAN);
  return begins > 0 ? all.slice(begins) : all;
}

/** The time to the end at the pace of the samples; `null` where they say nothing. */
function remaining(samples: readonly Sample[], total: number): Millis | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < LEAST_SPAN) return null;
  const left = Math.max(0, total - last.current);
  return (left * (last.at - first.at)) / (last.current - first.current);
}

/** Takes in progress. The estimate goes a part of the way to what the last minute says. */
export function withProgress(pace: Pace, { at, current, total, now }: Progressed): Pace {
  const samples = sampled(pace.samples, { at, current });
  if (samples === pace.samples) return pace;
  const seen = { samples, seenAt: now };
  const left = total === null ? null : remaining(samples, total);
  if (left === null) return { ...seen, endsAt: null };
  const newest = now + left;
  if (pace.endsAt === null) return { ...seen, endsAt: newest };
  const change = newest - pace.endsAt;
  const before = Math.max(0, pace.endsAt - now);
  const endsAt = Math.abs(change) < NOISE * before ? pace.endsAt : pace.endsAt + FOLLOW * change;
  return { ...seen, endsAt };
}

/** The time left at `now`; `null` without an estimate, or when nothing was heard for too long. */
export function timeLeft({ samples, endsAt, seenAt }: Pace, now: Millis): Millis | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (endsAt === null || first === undefined || last === undefined) return null;
  const longest = Math.max(SPAN, SILENT_STEPS * ((last.at - first.at) / (samples.length - 1)));
  return now - seenAt > longest ? null : Math.max(0, endsAt - now);
}

/** How much longer than shown an estimate must be to be shown: less is not worth a jump. */
const LONGER = 1.25;

/** What to show after `shown`: it goes down freely, and up only for a reason. */
export const steady = (shown: Millis | null, left: Millis | null): Millis | null =>
  shown === null || left === null || left <= shown || left > LONGER * shown ? left : shown;

/** Below this the seconds are not counted down: the end may come at any moment. */
const SOON: Millis = 10 * SECOND;

const plural = (count: number, unit: string): string =>
  `about ${count} ${unit}${count === 1 ? "" : "s"} left`;

/** The time left in words: coarse, as an estimate is. */
export function wordsOf(left: Millis | null): string {
  if (left === null) return "";
  if (left < SOON) return "a few seconds left";
  if (left < 50 * SECOND) return `about ${Math.ceil(left / SOON) * 10} seconds left`;
  const minutes = Math.round(left / MINUTE);
  if (minutes < 50) return plural(Math.max(1, minutes), "minute");
  const hours = Math.round(minutes / 60);
  return hours < 36 ? plural(Math.max(1, hours), "hour") : plural(Math.round(hours / 24), "day");
}
