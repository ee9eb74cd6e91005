// Every command of the packed command line, under the oldest Node that it promises, against a relay
// on plain `workerd`, as `npm run build:workerd` packs it.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMANDS } from "../../../src/cli/commands/all.ts";
import { freePort, HOST, ROOT } from "../../../src/cli/local/relay-process.ts";
import { node20 } from "../../support/node-20.ts";
import { packInto } from "../../support/packed.ts";
import { until } from "../../support/wait.ts";
import { runCli } from "./run-cli.ts";
import { everyCommand } from "./suite/every-command.ts";
import type { Project, Stand } from "./suite/world.ts";

const node = node20() ?? process.execPath;

/** Packs the relay of a project, and runs it. */
async function startWorkerd({ directory, secrets }: Project): Promise<Stand> {
  const out = mkdtempSync(join(tmpdir(), "jobrelay-self-hosted-cli-"));
  const config = join(directory, "wrangler.toml");
  const build = ["src/build/workerd/workerd.ts", "--out", join(out, "relay"), "--config", config];
  execFileSync(process.execPath, build, { cwd: ROOT });
  const { installed } = await packInto(out);
  const { default: binary } = createRequire(import.meta.url)("workerd") as { default: string };
  const port = await freePort();
  const url = `http://${HOST}:${port}`;
  const relay = spawn(binary, ["serve", "config.capnp", `--socket-addr=http=${HOST}:${port}`], {
    cwd: join(out, "relay"),
    env: { ...process.env, ...secrets },
    stdio: "ignore",
  });
  await until(async () => (await fetch(`${url}/healthz`)).ok);
  return {
    url,
    program: [node, join(installed, "dist", "npm", "cli.js")],
    stop: async () => {
      relay.kill("SIGKILL");
      rmSync(out, { recursive: true, force: true });
    },
  };
}

const world = everyCommand(startWorkerd);

test.each(Object.keys(COMMANDS))("%s explains itself without a project", async (name) => {
  const { code, stdout, stderr } = await runCli([name, "--help"], world.outside({}));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`jobrelay ${name}`);
});

test("the package promises the Node that this ran under", () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly engines: { readonly node: string };
  };
  expect(engines.node).toBe(">=20");
  const version = execFileSync(node, ["--version"], { encoding: "utf8" });
  expect(Number(/^v(\d+)/.exec(version)?.[1])).toBeGreaterThanOrEqual(20);
});
