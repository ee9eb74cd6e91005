// Waiting on conditions instead of sleeping, and tokens that end during a test.

import { until as untilWithin, type UntilOptions } from "../../src/cli/until.ts";

/**
 * How long a condition is waited for, in ms: longer than a relay takes to start on a machine whose
 * cores many others use. It is a bound and no expectation, so no test has a shorter one.
 */
export const BOUND_MS = 60_000;

/** Waits until a condition holds, as long as a busy machine may need. */
export const until = <T>(
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, undefined | null | false>> =>
  untilWithin(condition, { timeout: BOUND_MS, ...options });

/** Lives in seconds: the shortest that a test can use, and longer ones for a busy machine. */
const LIVES = [2, 4, 8, 16, 32] as const;

/**
 * Begins something with a token that lasts `life` seconds. `begin` resolves with `null` when the
 * token had ended before it had begun, and is then called again with a longer life. Fails when the
 * token cannot have ended by then: that is no slow machine. A token says its end in whole seconds
 * from the second that it is made in, so it may last up to a second less.
 */
export async function begunInTime<T>(begin: (life: number) => Promise<T | null>): Promise<T> {
  for (const life of LIVES) {
    const started = Date.now();
    const begun = await begin(life);
    if (begun !== null) return begun;
    if (Date.now() - started <= 1_000 * (life - 1))
      throw new Error(`a token of ${life} s was refused before it had ended`);
  }
  throw new Error(`tokens of ${LIVES.at(-1)} s have ended before anything had begun`);
}
