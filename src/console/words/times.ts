// How the console writes instants and spans.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `3 min ago`; an instant in the future counts as now. */
export function ago(instant: string, now: number): string {
  const span = now - Date.parse(instant);
  if (Number.isNaN(span)) return "–";
  if (span < 10 * SECOND) return "just now";
  return `${spanOf(span)} ago`;
}

/** `in 3 min`; an instant in the past counts as now. */
export function until(instant: string, now: number): string {
  const span = Date.parse(instant) - now;
  if (Number.isNaN(span)) return "–";
  return span < SECOND ? "now" : `in ${spanOf(span)}`;
}

/** A span in its largest unit: `42 s`, `3 min`, `5 h`, `2 d`. */
export function spanOf(span: number): string {
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  if (span < DAY) return `${Math.floor(span / HOUR)} h`;
  return `${Math.floor(span / DAY)} d`;
}

/** A latency: `180 ms`, `2.4 s`. */
export const latency = (ms: number): string =>
  ms < SECOND ? `${Math.round(ms)} ms` : `${(ms / SECOND).toFixed(1)} s`;

/** The clock time of an ISO instant in the operator's zone: `19:00:05`. */
export const clock = (instant: string): string => new Date(instant).toLocaleTimeString("en-GB");

/** Date and time in full, for titles. */
export const moment = (instant: string): string =>
  new Date(instant).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** Instants in epoch seconds along an axis: seconds, minutes or days, by how far they reach. */
export function ticks(splits: readonly number[]): string[] {
  const reach = ((splits.at(-1) ?? 0) - (splits[0] ?? 0)) * SECOND;
  const words = splits.map((at) => {
    const date = new Date(at * SECOND);
    if (reach > 2 * DAY)
      return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
    const time = date.toLocaleTimeString("en-GB");
    return reach > 10 * MINUTE ? time.slice(0, 5) : time;
  });
  // Marks between two seconds, or two days, say the same: once is enough.
  return words.map((word, index) => (word === words[index - 1] ? "" : word));
}
