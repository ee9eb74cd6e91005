// Waiting for a condition, for programs that watch another process: no fixed sleeps.

import { setTimeout as pause } from "node:timers/promises";

/** How long and how often to look. */
export interface UntilOptions {
  /** Milliseconds before it gives up. */
  readonly timeout?: number;
  /** Milliseconds between two looks. */
  readonly every?: number;
  /** Said in the error when the time is over. */
  readonly what?: string;
}

/** Long enough for a cold start of the runtime on a busy machine, short enough for a person to notice, in ms. */
const DEFAULT_TIMEOUT = 20_000;

/** Two looks per frame of a film: prompt to a person, cheap for a machine, in ms. */
const DEFAULT_EVERY = 20;

/**
 * Looks at `condition` until it yields something other than `undefined`, `null` or `false`, and returns that.
 * Throws when the time is over, with what was awaited and the last error the condition threw.
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
