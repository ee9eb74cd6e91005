// Calls a Durable Object and tries again where that helps.

import { randomFraction } from "../kernel/random.io.ts";
import { afterFailure, type ObjectFault } from "./object-call.ts";
import { fault, ok, type Result } from "../kernel/result.ts";

/** A call that was given up; `message` is the last error's, for the log only. */
export interface CallFault {
  readonly reason: ObjectFault;
  readonly message: string;
}

/**
 * Runs `call` up to three times. `call` has to make its stub itself, for a stub that broke stays
 * broken; what it does has to be safe to repeat, for a call whose answer was lost may have been
 * carried out. Never throws.
 */
export async function callObject<T>(call: () => Promise<T>): Promise<Result<T, CallFault>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return ok(await call());
    } catch (error) {
      const next = afterFailure(error, tries, randomFraction());
      if (next.kind === "give-up")
        return fault({
          reason: next.fault,
          message: error instanceof Error ? error.message : String(error),
        });
      await new Promise((resolve) => {
        setTimeout(resolve, next.wait);
      });
    }
  }
}
