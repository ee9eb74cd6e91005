// Options that stand before npm's `--` are npm's: no script may run as if they had not been given.

import { expect, test } from "vitest";
import { takenByNpm } from "../../../../src/cli/local/npm-options.ts";

const OPTIONS = ["env", "dry-run", "json", "port"];

test.each([
  [
    { npm_lifecycle_event: "deploy", npm_config_dry_run: "true" },
    "npm took --dry-run for itself: options come after --, as in npm run deploy -- --dry-run",
  ],
  [
    { npm_lifecycle_event: "deploy", npm_config_env: "staging" },
    "npm took --env for itself: options come after --, as in npm run deploy -- --env",
  ],
  [
    { npm_lifecycle_event: "start", npm_config_port: "true" },
    "npm took --port for itself: options come after --, as in npm start -- --port",
  ],
])("%j is refused", (env, text) => {
  expect(takenByNpm(OPTIONS, env)).toBe(text);
});

test.each([
  [{ npm_lifecycle_event: "deploy" }],
  [{ npm_lifecycle_event: "deploy", npm_config_dry_run: "" }],
  // A script of the project that uses the command line may be run with options of its own.
  [{ npm_lifecycle_event: "release", npm_config_dry_run: "true" }],
  // ~/.npmrc may say so for every command of npm.
  [{ npm_lifecycle_event: "relay", npm_config_json: "true" }],
  [{ npm_config_dry_run: "true" }],
])("%j is none of npm's doing", (env) => {
  expect(takenByNpm(OPTIONS, env)).toBeNull();
});
