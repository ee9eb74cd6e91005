// What `deploy` reads from its options and from wrangler's output.

import { expect, test } from "vitest";
import { deployedUrls, wantedOptions } from "../../../src/cli/deploy/wrangler.ts";

test.each([
  [[], { env: null, isDryRun: false, secretsFile: [] }],
  [["--env", "staging", "--dry-run"], { env: "staging", isDryRun: true, secretsFile: [] }],
  [["--env=staging"], { env: "staging", isDryRun: false, secretsFile: [] }],
  [["-e", "production", "--minify"], { env: "production", isDryRun: false, secretsFile: [] }],
])("the options %j", (args, options) => {
  expect(wantedOptions(args)).toEqual(options);
});

test("the addresses of a deploy are those that a browser opens", () => {
  const targets = [
    "https://jobrelay.acme.workers.dev",
    "relay.example.com (custom domain)",
    "example.com/hooks/* (zone name: example.com)",
  ];
  const lines = [
    JSON.stringify({ type: "wrangler-session" }),
    JSON.stringify({ type: "deploy", targets }),
    "",
  ];
  expect(deployedUrls(lines)).toEqual([
    "https://jobrelay.acme.workers.dev",
    "https://relay.example.com",
  ]);
});
