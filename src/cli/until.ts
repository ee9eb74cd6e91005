// Waits for a condition, for programs that watch another process.

import { setTimeout as pause } from "node:timers/promises";

/** How long to wait, and how often to check. */
export interface UntilOptions {
  /** Milliseconds before it gives up. */
  readonly timeout?: number;
  /** Milliseconds between two checks. */
  readonly every?: number;
  /** Named in the error when the time is over. */
  readonly what?: string;
}

/** Default wait, in ms: enough for a cold start of the runtime on a busy machine. */
const DEFAULT_TIMEOUT = 20_000;

/** Default time between two checks, in ms: short for a person, cheap for the machine. */
const DEFAULT_EVERY = 20;

/**
 * Evaluates `condition` until its value is not `undefined`, `null` or `false`, and returns the
 * value. When the time is over it throws, naming `what` and the last error of the condition.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const { timeout = DEFAULT_TIMEOUT, every = DEFAULT_EVERY, what = "a condition" } = options;
  const end = performance.now() + timeout;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false)
        return value as Exclude<T, undefined | null | false>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= end) {
      throw new Error(`gave up waiting for ${what} after ${timeout} ms`, { cause: last });
    }
    await pause(every);
  }
}
