// Instants as a person at a terminal reads them.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span in its largest unit: `42 s`, `3 min`, `5 h`, `2 d`. */
function spanOf(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** `3 min ago`; clocks may differ, so an instant in the future counts as now. */
export const ago = (instant: string, now: number): string =>
  `${spanOf(Math.max(0, now - Date.parse(instant)))} ago`;

/** `in 3 min`. */
export const ahead = (instant: string, now: number): string =>
  `in ${spanOf(Math.max(0, Date.parse(instant) - now))}`;
