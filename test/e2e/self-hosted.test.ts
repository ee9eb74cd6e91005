// The relay on plain `workerd`, as `npm run build:workerd` packs it: it works without Cloudflare,
// and keeps what it acknowledged through `kill -9`.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { freePort, HOST, ROOT } from "../../src/cli/local/relay-process.ts";
import { sender } from "../support/senders.ts";
import { docBlock } from "./docs/doc-blocks.ts";
import { until } from "../support/wait.ts";

const SECRETS = {
  ADMIN_TOKEN: "self-hosted-admin",
  STREAM_SECRET: "self-hosted-stream-secret-of-32-bytes",
  COMMENTS_SECRET: "comments",
  EMAIL_SECRET: "email",
  REPORTS_SECRET: "reports",
};

const out = mkdtempSync(join(tmpdir(), "jobrelay-self-hosted-"));
const binary = (createRequire(import.meta.url)("workerd") as { readonly default: string }).default;
let child: ChildProcess | null = null;
let port = 0;

beforeAll(() => {
  execFileSync(process.execPath, ["src/build/workerd/workerd.ts", "--out", out], { cwd: ROOT });
});

afterEach(() => kill());

afterAll(() => rmSync(out, { recursive: true, force: true }));

async function kill(): Promise<void> {
  const running = child;
  child = null;
  if (running === null || running.exitCode !== null) return;
  const ended = new Promise((resolve) => {
    running.once("exit", resolve);
  });
  running.kill("SIGKILL");
  await ended;
}

const environment = (secrets: Readonly<Record<string, string>>): NodeJS.ProcessEnv =>
  ({ PATH: process.env["PATH"], ...secrets }) as unknown as NodeJS.ProcessEnv;

async function start(secrets: Readonly<Record<string, string>> = SECRETS): Promise<void> {
  port = await freePort();
  child = spawn(
    binary,
    ["serve", join(out, "config.capnp"), `--socket-addr=http=${HOST}:${port}`],
    { cwd: out, env: environment(secrets), stdio: "ignore" },
  );
  await until(async () => {
    const answer = await fetch(at("/healthz")).catch(() => null);
    return answer !== null;
  });
}

const at = (path: string): string => `http://${HOST}:${port}${path}`;
const asAdmin = { headers: { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` } };

const post = async (body: JsonObject): Promise<number> => {
  const options = { provider: "exportcomments", source: "comments" } as const;
  const send = sender(at(""), { ...options, secret: SECRETS.COMMENTS_SECRET });
  return (await send(body)).status;
};

test("it takes webhooks, serves the console, and goes on after kill -9", async () => {
  await start();
  expect((await fetch(at("/healthz"))).status).toBe(200);
  expect(await (await fetch(at("/"))).text()).toContain("<html");
  expect((await fetch(at("/client.js"))).status).toBe(200);
  const job = { guid: "self-hosted-1" };
  expect(await post({ event: "job.created", ...job, message_id: "1" })).toBe(202);
  expect(await post({ event: "job.progress", ...job, message_id: "2", current: 1, total: 9 })).toBe(
    202,
  );
  expect(await post({ event: "job.progress", ...job, message_id: "3", current: 5, total: 9 })).toBe(
    202,
  );
  await kill();
  await start();
  await until(async () => {
    const answer = await fetch(at("/v1/jobs/comments/self-hosted-1"), asAdmin);
    const { current } = (await answer.json()) as { readonly current: number | null };
    return current === 5;
  });
  const events = await fetch(at("/v1/jobs/comments/self-hosted-1/events"), asAdmin);
  const { items } = (await events.json()) as {
    readonly items: readonly { readonly event: { readonly seq: number } }[];
  };
  expect(items.map(({ event }) => event.seq)).toEqual([1, 2, 3]);
});

test("a secret that is not in the environment is named", async () => {
  const { COMMENTS_SECRET: _, ...others } = SECRETS;
  await start(others);
  const health = await fetch(at("/healthz"));
  expect(health.status).toBe(503);
  expect(await health.text()).toContain("COMMENTS_SECRET");
});

test("the commands of docs/self-hosting.md start it", async () => {
  port = await freePort();
  const commands = docBlock("self-hosting.md", "sh", "workerd serve")
    .replaceAll("…", "a-secret-of-32-characters-or-more")
    .replace(
      "workerd serve config.capnp",
      `workerd serve config.capnp --socket-addr=http=${HOST}:${port}`,
    );
  const shell = spawn("sh", ["-ec", commands], { cwd: ROOT, detached: true, stdio: "ignore" });
  try {
    await until(async () => (await fetch(at("/healthz"))).ok);
    expect(await (await fetch(at("/"))).text()).toContain("<html");
  } finally {
    process.kill(-(shell.pid ?? 0), "SIGKILL");
  }
});
