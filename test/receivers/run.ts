// `jobrelay/webhook` under Node, Deno and Bun: the packed package takes what the relay has signed,
// and refuses anything else. Deno and Bun are installed beside it, outside of the checkout, so it
// needs a network. `npm run receivers`

import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../../src/cli/local/relay-process.ts";

/** The secrets of a subscriber, the newer one first. */
const SECRETS = [
  "whsec_bmV3IHNlY3JldCBvZiAyNCBieXRlcw==",
  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
];
const FOREIGN = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;

const EVENT = {
  id: "evt_1",
  event: "job.finished",
  guid: "b4219d47",
  details: { name: "Zürich €" },
};
const TEXT = JSON.stringify({ version: "v3-beta", status: "done", url: null, ...EVENT });
const CLOUD_EVENT = JSON.stringify({
  specversion: "1.0",
  id: "evt_1",
  type: "job.finished",
  source: "/sources/comments",
  subject: EVENT.guid,
  data: JSON.parse(TEXT) as object,
});

interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function delivery(secret: string | undefined, age = 0, body = TEXT, type = "json"): Delivery {
  const timestamp = String(Math.floor(Date.now() / 1_000) - age);
  const key = Buffer.from((secret ?? "").slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`evt_1.${timestamp}.${body}`).digest("base64");
  return {
    headers: {
      "content-type": `application/${type}`,
      "webhook-id": "evt_1",
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${"A".repeat(43)}= v1,${mac}`,
    },
    body,
  };
}

/** What is posted, and what the receiver has to answer. */
const CASES: Readonly<Record<string, readonly [Delivery, string]>> = {
  right: [delivery(SECRETS[1]), 'job.finished "b4219d47"'],
  "by the newer secret": [delivery(SECRETS[0]), 'job.finished "b4219d47"'],
  "a CloudEvent": [
    delivery(SECRETS[0], 0, CLOUD_EVENT, "cloudevents+json"),
    'job.finished "b4219d47"',
  ],
  changed: [{ ...delivery(SECRETS[0]), body: TEXT.replace("finished", "failed") }, "signature"],
  "by somebody else": [delivery(FOREIGN), "signature"],
  old: [delivery(SECRETS[0], 301), "timestamp"],
  unsigned: [{ headers: { "content-type": "application/json" }, body: TEXT }, "headers"],
  "of another sender": [delivery(SECRETS[0], 0, '{"hello":"world"}'), "event"],
};

/** How each runtime runs the receiver; the paths are those of the scratch folder. */
const RUNTIMES: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  node: [process.execPath],
  deno: [
    "node_modules/.bin/deno",
    "run",
    "--allow-net",
    "--allow-env",
    "--node-modules-dir=manual",
  ],
  bun: ["node_modules/.bin/bun"],
};

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, [...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** A folder with the packed package and the runtimes. */
function install(): string {
  const folder = mkdtempSync(join(tmpdir(), "jobrelay-receivers-"));
  run("npm", ["pack", "--silent", "--pack-destination", folder], ROOT);
  writeFileSync(join(folder, "package.json"), '{"type":"module","private":true}');
  copyFileSync(join(import.meta.dirname, "receiver.mjs"), join(folder, "receiver.mjs"));
  const [archive = ""] = run("sh", ["-c", "ls *.tgz"], folder).trim().split("\n");
  run("npm", ["install", "--no-audit", "--no-fund", `./${archive}`, "deno", "bun"], folder);
  return folder;
}

/** Posts every case to the receiver of a runtime; answers what went wrong. */
async function tryOut(folder: string, [command, ...args]: readonly [string, ...string[]]) {
  const child = spawn(command, [...args, "receiver.mjs"], {
    cwd: folder,
    env: { ...process.env, RELAY_SECRETS: SECRETS.join(" ") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  try {
    const lines = createInterface(child.stdout);
    const [port] = (await Promise.race([once(lines, "line"), ended])) as [string | number];
    const wrong: string[] = [];
    for (const [name, [{ headers, body }, expected]] of Object.entries(CASES)) {
      const answer = await fetch(`http://127.0.0.1:${port}`, { method: "POST", headers, body });
      const text = await answer.text();
      if (text !== expected) wrong.push(`${name}: ${text} instead of ${expected}`);
    }
    return wrong;
  } finally {
    child.kill();
    await ended;
  }
}

const folder = install();
let failed = 0;
for (const [name, runtime] of Object.entries(RUNTIMES)) {
  const [version] = run(runtime[0], ["--version"], folder).trim().split("\n");
  const wrong = await tryOut(folder, runtime).catch((error: unknown) => [String(error)]);
  failed += wrong.length;
  console.log(`${wrong.length === 0 ? "✓" : "✗"} ${name} ${version ?? ""}`);
  for (const line of wrong) console.log(`    ${line}`);
}
rmSync(folder, { recursive: true, force: true });
process.exit(failed === 0 ? 0 : 1);
