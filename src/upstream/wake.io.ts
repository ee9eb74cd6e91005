// Starts connectors: nothing else does after a deploy, for an object runs only when it is called.

import { settingsOrNull } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import { now as clock } from "../kernel/clock.io.ts";
import { errorText, log } from "../kernel/log.io.ts";
import { MINUTE, type Millis } from "../kernel/time.ts";
import { upstreamObject } from "../objects.ts";

/** How often one isolate wakes connectors that are awake, as a rule. */
const WAKE_EVERY: Millis = MINUTE;

/** When this isolate woke the connectors last. */
const wokenByEnv = new WeakMap<object, Millis>();

const sourcesOf = (settings: Settings): readonly string[] =>
  [...settings.sources.values()].flatMap(({ id, upstream }) => (upstream === null ? [] : [id]));

/** Wakes the connectors, at most once a minute from one isolate; `null` when nothing is to do. */
function wakeSometimes(env: Env): Promise<void> | null {
  const settings = settingsOrNull(env);
  if (settings === null || sourcesOf(settings).length === 0) return null;
  const now = clock();
  if (now - (wokenByEnv.get(env) ?? Number.NEGATIVE_INFINITY) < WAKE_EVERY) return null;
  wokenByEnv.set(env, now);
  return wakeConnectors(env, settings);
}

/** Wakes connectors after the answer to a request that was not refused: no stranger starts them. */
export function wakeAfter(
  { status }: Response,
  env: Env,
  waitUntil: (work: Promise<void>) => void,
): void {
  const work = status < 400 ? wakeSometimes(env) : null;
  if (work !== null) waitUntil(work);
}

/** Wakes the connectors of all sources that have one. Never throws. */
async function wakeConnectors(env: Env, settings: Settings): Promise<void> {
  const wake = async (source: string): Promise<void> => {
    try {
      await upstreamObject(env, source).wake();
    } catch (thrown) {
      log(settings.logLevel, "warn", "upstream.not_woken", { source, error: errorText(thrown) });
    }
  };
  await Promise.all(sourcesOf(settings).map(wake));
}

/** The scheduled trigger: connectors run though nobody calls the relay, and lost alarms are set. */
export const scheduled: ExportedHandlerScheduledHandler<Env> = (_event, env, context) => {
  const settings = settingsOrNull(env);
  if (settings !== null) context.waitUntil(wakeConnectors(env, settings));
};
