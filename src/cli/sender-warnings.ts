// What `check` says about the senders of a sound configuration.

import type { Settings } from "../config/settings.ts";
import { presetNamed } from "../ingest/presets/registry.ts";
import { coversBody } from "../ingest/recipe/scheme.ts";

/** Warns of providers that do not try again, and of proofs that say nothing about the body. */
export function senderWarnings({ sources }: Settings): readonly string[] {
  return [...sources.values()].flatMap(({ id, provider, recipe }) => [
    ...(presetNamed(provider)?.retries.level === "none"
      ? [`source ${id}: ${provider} is not known to send again what was not taken`]
      : []),
    ...(recipe !== null && !recipe.schemes.every(coversBody)
      ? [`source ${id}: its recipe does not cover the body, which anybody on the way may change`]
      : []),
  ]);
}
