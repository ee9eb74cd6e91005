// Tells a source's object what became of its webhooks: after the answer, together, and never again when it fails.

import { now as clock } from "../../kernel/clock.io.ts";
import { log, type LogLevel } from "../../kernel/log.io.ts";
import { sourceObject } from "../../objects.ts";
import {
  countOutcome,
  NOTHING_PENDING,
  takePending,
  type PendingTally,
  type IngestOutcome,
} from "./tally.ts";

/** By environment, then by source. Plain data: what one request counted, another may hand over. */
const desks = new WeakMap<object, Map<string, PendingTally>>();

function desksOf(env: Env): Map<string, PendingTally> {
  const known = desks.get(env) ?? new Map<string, PendingTally>();
  desks.set(env, known);
  return known;
}

/** Where a request is: `after` keeps it alive once it is answered; `null` where nothing can. */
export interface TallyDeps {
  readonly env: Env;
  readonly after: ((work: Promise<void>) => void) | null;
  readonly logLevel: LogLevel;
}

/**
 * Counts a request to a configured source. Costs the request no call: one request of a second, at most, hands over what all of
 * them counted. What an isolate has not handed over when it ends is lost, which a count may be.
 */
export function countRequest(
  { env, after, logLevel }: TallyDeps,
  source: string,
  word: IngestOutcome,
): void {
  const known = desksOf(env);
  const { desk, wait } = countOutcome(known.get(source) ?? NOTHING_PENDING, word, clock());
  // A promise that nobody keeps would hold up the next request's.
  known.set(source, after === null ? { ...desk, promised: null } : desk);
  if (wait !== null) after?.(handOver(env, source, wait, logLevel));
}

async function handOver(env: Env, source: string, wait: number, logLevel: LogLevel): Promise<void> {
  if (wait > 0) {
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
    });
  }
  const known = desksOf(env);
  const { desk, tally } = takePending(known.get(source) ?? NOTHING_PENDING, clock());
  known.set(source, desk);
  try {
    await sourceObject(env, source).count(tally);
  } catch (error) {
    log(logLevel, "warn", "ingest.tally_lost", { source, error: String(error) });
  }
}
