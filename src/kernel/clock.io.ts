// The one place that reads the clock. Decisions take `now` as an argument.

import type { Millis } from "./time.ts";

/** The current instant in epoch milliseconds. On Workers it stands still between I/O. */
export const now = (): Millis => Date.now();
