// What `check` says about the senders of a sound configuration.

import type { Settings } from "../../config/settings.ts";
import { presetNamed } from "../../ingest/presets/registry.ts";
import { coversBody } from "../../ingest/recipe/scheme.ts";
import { fieldPath, type Finding, type Places } from "./findings.ts";

/** Warns of providers that do not try again, and of proofs that say nothing about the body. */
export function senderWarnings({ sources }: Settings, places: Places): readonly Finding[] {
  return [...sources.values()].flatMap(({ id, provider, recipe }) => {
    const path = places.pathOf("SOURCES", id);
    return [
      ...(presetNamed(provider)?.retries.level === "none"
        ? [
            {
              path: fieldPath(path, "provider"),
              message: `source ${id}: ${provider} is not known to send again what was not taken`,
            },
          ]
        : []),
      ...(recipe !== null && !recipe.schemes.every(coversBody)
        ? [
            {
              path: fieldPath(path, "verify"),
              message: `source ${id}: its recipe does not cover the body, which anybody on the way may change`,
            },
          ]
        : []),
    ];
  });
}
