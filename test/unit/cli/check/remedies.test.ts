// What to do stands behind a problem whose words do not say it.

import { expect, test } from "vitest";
import { withRemedy } from "../../../../src/cli/check/remedies.ts";

test.each([
  [
    "SOURCES[0].secrets[0]",
    "secret A is not set",
    true,
    "secret A is not set: add A=… to .dev.vars",
  ],
  ["SOURCES[0].secrets[0]", "secret A is not set", false, "secret A is not set"],
  [
    "RULES",
    "must be a list of tables, or a string with a JSON list of objects",
    false,
    "must be a list of tables, or a string with a JSON list of objects: each begins with [[vars.RULES]]",
  ],
  ["SUBSCRIBERS[0].url", "must be https", true, "must be https"],
])("%s: %s (local: %s)", (path, message, isLocal, told) => {
  expect(withRemedy({ path, message }, isLocal)).toEqual({ path, message: told });
});
