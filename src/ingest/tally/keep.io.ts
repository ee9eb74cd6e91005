// Hands refused requests to their source's object, which keeps a little of them, after the answer.

import { now as clock } from "../../kernel/clock.io.ts";
import { errorText, log } from "../../kernel/log.io.ts";
import { DAY } from "../../kernel/time.ts";
import type { KeptRequest } from "../../model/messages.ts";
import { sourceObject } from "../../objects.ts";
import type { TallyDeps } from "./tally.io.ts";

/** What this isolate knows of a source's day: whether there is room, and whether it is asking. */
interface Keeping {
  readonly day: number;
  /** Bytes that the object had left; `null` before it was asked. */
  readonly room: number | null;
  readonly asking: boolean;
}

const keepingByEnv = new WeakMap<object, Map<string, Keeping>>();

/**
 * Keeps a refused request with a body of `bytes`. One request at a time is handed over, and none
 * once the day's room is used up, so that a flood of refused requests costs little.
 */
export function keepRefused(
  { env, after, logLevel }: Omit<TallyDeps, "startedAt">,
  source: string,
  bytes: number,
  request: () => KeptRequest,
): void {
  const bySource = keepingByEnv.get(env) ?? new Map<string, Keeping>();
  keepingByEnv.set(env, bySource);
  const day = Math.floor(clock() / DAY);
  const known = bySource.get(source);
  const today = known?.day === day ? known : { day, room: null, asking: false };
  const fits = today.room === null || bytes <= today.room;
  if (after === null || today.asking || !fits) return;
  bySource.set(source, { ...today, asking: true });
  const keep = async (): Promise<void> => {
    let { room } = today;
    try {
      room = await sourceObject(env, source).keep(request());
    } catch (error) {
      log(logLevel, "warn", "ingest.refused_lost", { source, error: errorText(error) });
    }
    bySource.set(source, { day, room, asking: false });
  };
  after(keep());
}
