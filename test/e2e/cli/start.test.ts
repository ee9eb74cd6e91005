// `npm start`: data of its own per port, problems first, and no process left behind.

import { spawn, type ChildProcess } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort, isListening, ROOT } from "../../../src/cli/local/relay-process.ts";
import { until } from "../../support/wait.ts";

/** A started program, and what it has printed so far. */
interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

function start(command: string, args: readonly string[], cwd: string): Started {
  const child = spawn(command, args, { cwd, env: { ...process.env, NO_COLOR: "1" } });
  let text = "";
  const keep = (chunk: Buffer): void => void (text += chunk.toString());
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return {
    child,
    output: () => text,
    ended: new Promise((resolve) => child.once("close", (code) => resolve(code))),
  };
}

const startFile = join(ROOT, "src", "cli", "local", "start.ts");
const startIn = (directory: string, port: number): Started =>
  start(process.execPath, [startFile, "--port", String(port), "--ip", "127.0.0.1"], directory);

/** The text that was printed after `mark`, once it holds `wanted`. */
async function printed(program: Started, wanted: string, mark = 0): Promise<string> {
  const find = (): string | false => {
    const text = program.output().slice(mark);
    return text.includes(wanted) && text;
  };
  return until(find).catch(() => {
    throw new Error(`"${wanted}" is not in\n${program.output().slice(mark)}`);
  });
}

/** A project as a user has it, with the repository's own Worker. */
function newProject(): string {
  const directory = mkdtempSync(join(tmpdir(), "jobrelay-start-"));
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8").replaceAll(
    /^(main|directory) = "([^"]+)"$/gm,
    (_, name: string, path: string) => `${name} = ${JSON.stringify(join(ROOT, path))}`,
  );
  writeFileSync(join(directory, "wrangler.toml"), toml);
  copyFileSync(join(ROOT, ".dev.vars.example"), join(directory, ".dev.vars.example"));
  return directory;
}

/** Ids of all processes whose command line names the directory. */
const processesOf = (text: string): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);

describe("a started relay", () => {
  let directory = "";
  let port = 0;
  let relay: Started;
  beforeAll(async () => {
    directory = newProject();
    port = await freePort();
    relay = startIn(directory, port);
    await printed(relay, "Stop with Ctrl-C.");
  });
  afterAll(async () => {
    relay.child.kill("SIGTERM");
    await relay.ended;
    rmSync(directory, { recursive: true, force: true });
  });

  const config = (): string => join(directory, "wrangler.toml");

  /** What the API answers to a token. */
  const statusWith = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`http://127.0.0.1:${port}/v1/jobs`, { headers })).status;
  };

  test("prints the console's address and the local admin token", () => {
    expect(relay.output()).toContain(`console   http://127.0.0.1:${port}/`);
    expect(relay.output()).toContain("token     dev-admin-token");
  });

  test("keeps the data of its port apart", () => {
    expect(existsSync(join(directory, ".wrangler", `state-${port}`, "relay.json"))).toBe(true);
  });

  test("refuses a second one on its port, and names the first", async () => {
    const second = startIn(directory, port);
    expect(await second.ended).toBe(1);
    expect(second.output()).toBe(
      `Another relay of this directory is running: pid ${relay.child.pid}, port ${port}. ` +
        `End it (kill ${relay.child.pid}), or start this one on another port, with data of its own: npm start -- --port ${port + 1}\n`,
    );
  });

  test("refuses a port that another program has", async () => {
    const other = newProject();
    const second = startIn(other, port);
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(
      new RegExp(
        String.raw`^Port ${port} is in use by another program(?: \(pid \d+\))?: end it, or start`,
      ),
    );
    rmSync(other, { recursive: true, force: true });
  });

  test("goes on after a slip in the file, names its line, and says when all is well", async () => {
    const good = readFileSync(config(), "utf8");
    const mark = relay.output().length;
    writeFileSync(config(), `${good}[[vars.SOURCES\n`);
    const lines = good.split("\n").length;
    expect(await printed(relay, "has read before", mark)).toContain(`wrangler.toml:${lines}:`);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);

    const second = relay.output().length;
    writeFileSync(config(), good.replace('"emailengine"', '"emailengin"'));
    const line = good.split("\n").indexOf('provider = "emailengine"') + 1;
    await printed(
      relay,
      `wrangler.toml:${line}: SOURCES[1].provider (email): unknown provider "emailengin", is "emailengine" meant?`,
      second,
    );
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(503);

    const third = relay.output().length;
    writeFileSync(config(), good);
    await printed(relay, "The configuration is valid.", third);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });

  test("reads a secret that is changed in .dev.vars alone", async () => {
    const path = join(directory, ".dev.vars");
    const good = readFileSync(path, "utf8");
    expect(await statusWith("another-token")).toBe(401);
    writeFileSync(path, good.replace("dev-admin-token", "another-token"));
    await until(async () => (await statusWith("another-token")) === 200, {
      what: "the new token to open the API",
    });
    writeFileSync(path, good);
    await until(async () => (await statusWith("dev-admin-token")) === 200, {
      what: "the old token to open the API again",
    });
  });

  test("survives a file that is TOML and no configuration, and serves the next good one", async () => {
    const good = readFileSync(config(), "utf8");
    const mark = relay.output().length;
    writeFileSync(config(), `${good}\n[[durable_objects.bindings]]\nname = 5\n`);
    await printed(relay, "The relay ended", mark);
    writeFileSync(config(), good);
    await until(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok, {
      what: "the relay to answer again",
    });
    expect(relay.child.exitCode).toBeNull();
  });

  test("takes its runtime with it when it is killed", async () => {
    relay.child.kill("SIGKILL");
    await relay.ended;
    await until(async () => !(await isListening(port)), { what: "the port to close" });
    await until(() => processesOf(directory).length === 0, { what: "the processes to end" });
    expect(processesOf(directory)).toEqual([]);
    relay = startIn(directory, port);
    await printed(relay, "Stop with Ctrl-C.");
  });
});

describe("npm start", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  test("that is killed takes the relay with it", async () => {
    const port = await freePort();
    folders.push(join(ROOT, ".wrangler", `state-${port}`));
    const npm = start("npm", ["start", "--", "--port", String(port), "--ip", "127.0.0.1"], ROOT);
    await printed(npm, "Stop with Ctrl-C.");
    npm.child.kill("SIGKILL");
    await until(async () => !(await isListening(port)), { what: "the port to close" });
    await until(() => processesOf(`state-${port}`).length === 0, {
      what: "the processes to end",
    });
    expect(await isListening(port)).toBe(false);
  });

  test("explains itself, and refuses what it does not know", async () => {
    const help = start(process.execPath, [startFile, "--help"], ROOT);
    expect(await help.ended).toBe(0);
    expect(help.output()).toContain("npm start -- [--port <number>] [--ip <address>]");
    const wrong = start(process.execPath, [startFile, "--prot", "1"], ROOT);
    expect(await wrong.ended).toBe(2);
    expect(wrong.output()).toBe("unknown option --prot; known are --port, --ip and --help\n");
  });

  test("ends with the line of a file that is no TOML", async () => {
    const directory = newProject();
    writeFileSync(join(directory, "wrangler.toml"), "[vars]\nA = = 1\n");
    const program = startIn(directory, await freePort());
    expect(await program.ended).toBe(1);
    expect(program.output()).toMatch(/wrangler\.toml:2:5: /);
    rmSync(directory, { recursive: true, force: true });
  });
});
