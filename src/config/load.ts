// Settings of this isolate: the configuration is parsed once per `env`.

import { fault, type Result } from "../kernel/result.ts";
import { bindingProblems } from "./platform/bindings.ts";
import { parseSettings } from "./parse.ts";
import type { Settings } from "./settings.ts";

const parsedByEnv = new WeakMap<object, Result<Settings, readonly string[]>>();

/**
 * The parsed configuration of `env`, or its problems: those of `parseSettings`, and bindings that
 * are missing.
 */
export function settingsOf(env: object): Result<Settings, readonly string[]> {
  const known = parsedByEnv.get(env);
  if (known !== undefined) return known;
  const settings = readEnv(env as Readonly<Record<string, unknown>>);
  parsedByEnv.set(env, settings);
  return settings;
}

function readEnv(env: Readonly<Record<string, unknown>>): Result<Settings, readonly string[]> {
  const settings = parseSettings(env);
  const sources = settings.ok ? [...settings.value.sources.values()] : [];
  const missing = bindingProblems(
    env,
    sources.some(({ upstream }) => upstream !== null),
  );
  if (missing.length === 0) return settings;
  return fault([...missing, ...(settings.ok ? [] : settings.fault)]);
}

/** The settings, or `null` while the configuration is invalid; the caller looks again later. */
export function settingsOrNull(env: object): Settings | null {
  const settings = settingsOf(env);
  return settings.ok ? settings.value : null;
}

/** The settings; throws while the configuration is invalid, and the caller tries again. */
export function settingsOrThrow(env: object): Settings {
  const settings = settingsOf(env);
  if (!settings.ok) throw new Error("the configuration is invalid");
  return settings.value;
}
