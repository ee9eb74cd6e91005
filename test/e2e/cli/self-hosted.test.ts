// The command line against a relay on plain `workerd`, as `npm run build:workerd` packs it.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, HOST, ROOT } from "../../../src/cli/local/relay-process.ts";
import { jsonOf, startReceiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { runCli, startCli, type CliResult } from "./run-cli.ts";

const SECRETS = {
  ADMIN_TOKEN: "self-hosted-admin",
  STREAM_SECRET: "self-hosted-stream-secret-of-32-bytes",
  COMMENTS_SECRET: "comments",
  EMAIL_SECRET: "email",
  REPORTS_SECRET: "reports",
};

let out = "";
let url = "";
let relay: ChildProcess;

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), "jobrelay-self-hosted-cli-"));
  execFileSync(process.execPath, ["src/build/workerd/workerd.ts", "--out", out], { cwd: ROOT });
  const { default: binary } = createRequire(import.meta.url)("workerd") as { default: string };
  const port = await freePort();
  url = `http://${HOST}:${port}`;
  relay = spawn(
    binary,
    ["serve", join(out, "config.capnp"), `--socket-addr=http=${HOST}:${port}`],
    { cwd: out, env: { ...process.env, ...SECRETS }, stdio: "ignore" },
  );
  await until(async () => (await fetch(`${url}/healthz`)).ok, { timeout: 30_000 });
});
afterAll(() => {
  relay.kill("SIGKILL");
  rmSync(out, { recursive: true, force: true });
});

/** Outside of any project, as `npx jobrelay` runs. */
const options = (): { cwd: string; env: Readonly<Record<string, string>> } => ({
  cwd: out,
  env: { JOBRELAY_URL: url, JOBRELAY_TOKEN: SECRETS.ADMIN_TOKEN, XDG_STATE_HOME: out },
});

const run = (...args: readonly string[]): Promise<CliResult> => runCli(args, options());
const TO_COMMENTS = ["--source", "comments", "--secret", SECRETS.COMMENTS_SECRET] as const;
const send = (guid: string): Promise<CliResult> =>
  run("send", "exportcomments", "--event", "job.created", "--guid", guid, ...TO_COMMENTS);

test("doctor finds everything well", async () => {
  const { code, stdout } = await run("doctor");
  expect(stdout).toContain("✓ A signed test webhook to /hooks/comments reached the stream");
  expect(stdout).toContain("Everything works.");
  expect(code).toBe(0);
});

test("every command that asks a relay works without a project", { timeout: 90_000 }, async () => {
  const local = await startReceiver();
  const listen = startCli(["listen", "--forward", local.url], options());
  const tail = startCli(["tail"], options());
  await Promise.all([listen.printed("Stop with Ctrl-C."), tail.printed("Waiting for events")]);
  expect((await send("hosted")).stdout).toMatch(/^202 accepted comments\/hosted/);
  await until(() => local.requests.some((one) => jsonOf(one)["guid"] === "hosted"), {
    timeout: 20_000,
  });
  await tail.printed("hosted");
  await Promise.all([listen.end(), tail.end(), local.close()]);

  expect(JSON.parse((await run("jobs", "--json")).stdout)).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ guid: "hosted" })]),
  });
  expect((await run("sources")).stdout).toMatch(/^comments +exportcomments/m);
  expect((await run("subscribers")).stdout).toMatch(/^There is no subscriber\./);
  expect((await run("wake")).stdout).toMatch(/^Woke 0 subscribers/);
  expect((await run("token", "comments")).stdout.split(".")).toHaveLength(3);
  expect(JSON.parse((await run("replay", "comments/hosted")).stdout)).toEqual({ deliveries: 0 });
  expect(await run("check")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there is no wrangler.toml here or above"),
  });
});
