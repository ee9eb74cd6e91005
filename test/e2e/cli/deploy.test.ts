// `npm run deploy` against a stand-in for Cloudflare's API: what is missing stops it before
// anything is deployed. A staging environment is deployed as a dry run.

import { createServer, type Server } from "node:http";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../../src/cli/local/relay-process.ts";
import { withStaging } from "../../prove/newcomer/staging.ts";
import { bundleRelay } from "../../support/stored-relay.ts";
import { runCli, type CliResult } from "./run-cli.ts";

let directory = "";
let api: Server;
/** Names of the secrets that the stand-in says are set. */
let secrets: readonly string[] = [];
const asked: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "jobrelay-deploy-"));
  const toml = withStaging(readFileSync(join(ROOT, "wrangler.toml"), "utf8")).replaceAll(
    /^(main|directory) = "([^"]+)"$/gm,
    (_, name: string, path: string) => `${name} = ${JSON.stringify(join(ROOT, path))}`,
  );
  writeFileSync(join(directory, "wrangler.toml"), toml.replace(/^\[build\]\n(?:.+\n)+/m, ""));
  writeFileSync(join(directory, "package.json"), "{}");
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  api = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.setHeader("content-type", "application/json");
    const isSecrets = request.url?.includes("/secrets") === true;
    const result = isSecrets ? secrets.map((name) => ({ name, type: "secret_text" })) : null;
    response.end(JSON.stringify({ success: true, errors: [], messages: [], result }));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => api.once("listening", resolve));
});
afterAll(() => {
  api.close();
  rmSync(directory, { recursive: true, force: true });
});

const deploy = (...args: readonly string[]): Promise<CliResult> =>
  runCli(["deploy", ...args], {
    cwd: directory,
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      CLOUDFLARE_API_TOKEN: "token",
      CLOUDFLARE_ACCOUNT_ID: "account",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
      CI: "true",
    },
  });

test("a staging environment is checked and built by a dry run", async () => {
  const { code, stdout, stderr } = await deploy("--env", "staging", "--dry-run");
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  expect(stdout).toContain("whether the secrets are set is not known");
  expect(stdout).toMatch(/env\.UPSTREAM \(Upstream\)/);
  expect(stdout).toContain("--dry-run: exiting now.");
});

test("what is deployed is one module of at most 200 kB of gzip", () => {
  const { gzip, modules, remove } = bundleRelay();
  onTestFinished(remove);
  expect(modules.map(({ name }) => name)).toEqual(["index.js"]);
  expect(gzip).toBeLessThanOrEqual(200_000);
});

test("secrets that are not set on Cloudflare stop a deploy, each with its command", async () => {
  secrets = ["ADMIN_TOKEN"];
  asked.length = 0;
  const { code, stderr } = await deploy("--env", "staging");
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: [
      "Nothing was deployed: these secrets are not set.",
      "  npx wrangler secret put COMMENTS_SECRET --env staging",
      "  npx wrangler secret put STREAM_SECRET --env staging",
      "",
    ].join("\n"),
  });
  expect(asked.filter((one) => one.includes("/secrets"))).toEqual([
    expect.stringContaining("/workers/scripts/jobrelay-staging/secrets"),
  ]);
});

test("secrets in a file that is deployed along count as set", async () => {
  secrets = ["ADMIN_TOKEN"];
  const file = join(directory, "secrets.env");
  writeFileSync(file, "COMMENTS_SECRET=a\n");
  const { stderr } = await deploy("--env=staging", "--secrets-file", file);
  expect(stderr).toBe(
    "Nothing was deployed: these secrets are not set.\n  npx wrangler secret put STREAM_SECRET --env staging\n",
  );
});

test("an environment that is not there, or whose configuration is wrong, is not deployed", async () => {
  expect(await deploy("--env", "stagin")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("has no environment stagin, is staging meant?"),
  });
  const path = join(directory, "wrangler.toml");
  const good = readFileSync(path, "utf8");
  writeFileSync(path, good.replaceAll('provider = "exportcomments"', 'provider = "exportcoments"'));
  asked.length = 0;
  const { code, stderr } = await deploy();
  writeFileSync(path, good);
  expect({ code, asked: asked.length }).toEqual({ code: 1, asked: 0 });
  expect(stderr).toMatch(
    /wrangler\.toml:\d+: SOURCES\[0\]\.provider \(comments\): unknown provider/,
  );
  expect(stderr).toContain("Nothing was deployed: this configuration would answer 503.");
});
