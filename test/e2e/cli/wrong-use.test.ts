// What the command line says when it is used wrongly.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../../src/cli/local/relay-process.ts";
import { runCli } from "./run-cli.ts";

/** Runs a script of the command line; resolves with its exit code and what it printed. */
const run = (script: string, ...args: readonly string[]): Promise<readonly [number, string]> =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, script), ...args], (error, out, told) =>
      resolve([typeof error?.code === "number" ? error.code : 0, `${out}${told}`]),
    );
  });

test("an unknown option is named, not its value", async () => {
  expect(await run("src/cli/relay.ts", "check", "--confg", "x")).toEqual([
    2,
    "unknown option --confg, is --config meant?\n",
  ]);
});

test.each([
  [["src/cli/relay.ts", "deploy"], { npm_lifecycle_event: "deploy", npm_config_dry_run: "true" }],
  [["src/cli/local/start.ts"], { npm_lifecycle_event: "start", npm_config_port: "true" }],
])("%j does nothing when npm took an option of it", async ([script = "", ...args], env) => {
  const { code, stdout, stderr } = await runCli(args, {
    env,
    program: [process.execPath, join(ROOT, script)],
  });
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/^npm took --(?:dry-run|port) for itself: .*\n$/),
  });
});

test("a body that does not exist is named", async () => {
  expect(await run("src/cli/relay.ts", "send", "mux", "/nope", "--source", "videos")).toEqual([
    1,
    expect.stringMatching(/^(?:\/nope does not exist|wrangler\.toml has no source videos)/),
  ]);
});

test.each([
  "src/cli/local/start.ts",
  "src/demo/demo.ts",
  "src/build/workerd/workerd.ts",
  "test/bench/run.ts",
  "test/bench/bill/run.ts",
  "test/branches/run.ts",
  "test/mutants/run.ts",
  "test/prove/run.ts",
  "test/screenshots/run.ts",
])("%s explains itself, and what it does not know", async (script) => {
  expect(await run(script, "--help")).toEqual([0, expect.stringMatching(/^npm (?:run|start)/)]);
  expect(await run(script, "--nope")).toEqual([
    2,
    expect.stringMatching(/^[Uu]nknown option '?--nope/),
  ]);
});

/** Answers as another program on the port of a relay would; resolves with its address. */
async function anotherServer(): Promise<string> {
  const server = createServer((_, response) => response.writeHead(501).end("<html>no</html>"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each([
  ["http", "does not answer like a relay (501): check --url or JOBRELAY_URL"],
  ["https", "does not speak TLS, is http://127.0.0.1:PORT meant?"],
])("an address with %s that is no relay's is named", async (scheme, text) => {
  const host = await anotherServer();
  const args = ["jobs", "--url", `${scheme}://${host}`, "--token", "x"];
  expect(await run("src/cli/relay.ts", ...args)).toEqual([
    1,
    `${scheme}://${host} ${text.replace("127.0.0.1:PORT", host)}\n`,
  ]);
});

test("what a program has started ends with it, also after a second signal", async () => {
  const program = `
    import { exitOnSignals } from ${JSON.stringify(join(ROOT, "src/cli/script.ts"))};
    exitOnSignals();
    process.once("exit", () => {
      console.log("ending");
      // The handler takes its time.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      console.log("swept");
    });
    setInterval(() => undefined, 1_000);
    console.log("up");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  let out = "";
  const ended = once(child, "close");
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (text.includes("up") || text.includes("ending")) child.kill("SIGINT");
  });
  expect([await ended, out]).toEqual([[130, null], "up\nending\nswept\n"]);
});
