// Sends the tallies of a source to its object, after the answer. One that fails is lost.

import { now as clock } from "../../kernel/clock.io.ts";
import { errorText, log, type LogLevel } from "../../kernel/log.io.ts";
import { writePoint } from "../../kernel/analytics/points.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { sourceObject } from "../../objects.ts";
import {
  countOutcome,
  isEmpty,
  NOTHING_PENDING,
  takeTally,
  type PendingTally,
  type IngestOutcome,
} from "./tally.ts";

/** Pending tallies by environment and source; plain data, which any request may send. */
const pendingByEnv = new WeakMap<object, Map<string, PendingTally>>();

function pendingOf(env: Env): Map<string, PendingTally> {
  const known = pendingByEnv.get(env) ?? new Map<string, PendingTally>();
  pendingByEnv.set(env, known);
  return known;
}

/** What counting a request needs. */
export interface TallyDeps {
  readonly env: Env;
  /** Keeps the request alive after its answer; `null` where nothing can. */
  readonly after: ((work: Promise<void>) => void) | null;
  readonly logLevel: LogLevel;
  /** When the request came. */
  readonly startedAt: Millis;
}

/**
 * Counts a request to a configured source. Now and then one request sends what all of them counted,
 * after its answer. What an isolate has not sent when it ends is lost.
 */
export function countRequest(
  { env, after, logLevel, startedAt }: TallyDeps,
  source: string,
  outcome: IngestOutcome,
): void {
  const bySource = pendingOf(env);
  const now = clock();
  const known = bySource.get(source) ?? NOTHING_PENDING;
  const ms = Math.max(now - startedAt, 0);
  const { pending, wait } = countOutcome(known, outcome, now, ms);
  const detail = outcome.kind === "refused" ? outcome.reason : (outcome.events ?? []).join(" ");
  writePoint(env, { kind: "webhook", subject: source, result: outcome.kind, detail, ms });
  // Where this request cannot send the tally, the next one has to.
  bySource.set(source, after === null ? { ...pending, due: null } : pending);
  if (wait !== null) after?.(sendTally(env, source, wait, logLevel));
}

async function sendTally(
  env: Env,
  source: string,
  wait: number,
  logLevel: LogLevel,
): Promise<void> {
  if (wait > 0) {
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
    });
    const due = pendingOf(env).get(source)?.due;
    // Another request has sent it meanwhile, or will.
    if (due === undefined || due === null || due > clock()) return;
  }
  await tellTally(env, source, logLevel);
}

/** Sends at once what this isolate has counted for a source, if anything. Never throws. */
export async function tellTally(env: Env, source: string, logLevel: LogLevel): Promise<void> {
  const bySource = pendingOf(env);
  const before = bySource.get(source) ?? NOTHING_PENDING;
  if (isEmpty(before)) return;
  const { pending, tally } = takeTally(before, clock());
  bySource.set(source, pending);
  try {
    await sourceObject(env, source).count(tally);
  } catch (error) {
    log(logLevel, "warn", "ingest.tally_lost", { source, error: errorText(error) });
  }
}
