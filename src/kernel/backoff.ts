// How long to wait before something that failed is tried again.

import type { Millis } from "./time.ts";

/** A wait that doubles with every failure, from `first` up to `longest`. */
export interface Backoff {
  readonly first: Millis;
  readonly longest: Millis;
}

/** The wait after `failures` failures in a row (from 1). */
export const backoffWait = ({ first, longest }: Backoff, failures: number): Millis =>
  Math.min(longest, first * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
