// `npm start`: the relay on the embedded runtime, with sample sources, on this machine.

import { constants, copyFileSync, existsSync } from "node:fs";
import { constants as os } from "node:os";
import { join } from "node:path";
import { takenByNpm } from "./npm-options.ts";
import { painter, type Paint } from "../paint.ts";
import { configProblems, configText, untilReloaded, watchConfig } from "./config/watch.ts";
import { localProject } from "./local-project.ts";
import { watchNpm } from "./npm-parent.ts";
import { projectDirectory } from "./project.ts";
import {
  describeExit,
  isListening,
  launchRelay,
  ROOT,
  type Exit,
  type RelayProcess,
} from "./relay-process.ts";
import { sampleCall } from "./sample-call.ts";
import { removeServed, serveConfig, servedPath } from "./config/served.ts";
import {
  banner,
  START_USAGE,
  startOptions,
  stateFolder,
  type StartOptions,
} from "./start-options.ts";
import { ask, lockState } from "./state-lock.ts";
import { until } from "../until.ts";

/** The project that is started, and how it is shown. */
interface Start extends StartOptions {
  readonly directory: string;
  readonly config: string;
  readonly paint: Paint;
}

function ensureDevVars(directory: string): void {
  const target = join(directory, ".dev.vars");
  const example = join(directory, ".dev.vars.example");
  if (existsSync(target) || !existsSync(example)) return;
  copyFileSync(example, target, constants.COPYFILE_EXCL);
  console.log("Created .dev.vars from .dev.vars.example (local secrets; not for production).");
}

/** Says what is wrong with the configuration, then where the relay is. */
async function printBanner(relay: RelayProcess, start: Start): Promise<void> {
  await relay.ready();
  const health = await fetch(`${relay.url}/healthz`);
  const { lines } = configProblems(start.config, start.paint);
  for (const line of lines) console.log(line);
  const adminToken = localProject(start.directory).vars["ADMIN_TOKEN"] ?? null;
  const call = await sampleCall(start.directory);
  console.log(banner(relay.url, health.ok, call, { adminToken, paint: start.paint }));
}

/** Says after a change what is wrong now; a file that is no TOML leaves the relay as it is. */
async function printChange(relay: RelayProcess, start: Start): Promise<void> {
  const { lines, report } = configProblems(start.config, start.paint);
  if (report !== null) await untilReloaded(relay.url, report);
  for (const line of lines) console.log(line);
  if (report === null)
    console.log("The relay goes on with the configuration that it has read before.");
  else if (report.ok) console.log(start.paint("green", "The configuration is valid."));
}

function codeOf(exit: Exit): number {
  if (exit.signal !== null) return SIGNAL_BASE + os.signals[exit.signal];
  return exit.code ?? 1;
}

/** Shells report a process ended by signal n as 128 + n. */
const SIGNAL_BASE = 128;

/** Refuses a port or data that somebody else uses, and names who. */
async function refusal({ port, directory }: Start): Promise<string | (() => void)> {
  const other = `start this one on another port, with data of its own: npm start -- --port ${port + 1}`;
  const lock = lockState(join(directory, ".wrangler", stateFolder(port)), port);
  if (!lock.ok)
    return `Another relay of this directory is running: pid ${lock.fault.pid}, port ${lock.fault.port}. End it (kill ${lock.fault.pid}), or ${other}`;
  if (await becomesFree(port)) return lock.value;
  lock.value();
  const pid = ask("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t"]).split("\n")[0] ?? "";
  return `Port ${port} is in use by another program${pid === "" ? "" : ` (pid ${pid})`}: end it, or ${other}`;
}

/** True once nobody listens: a relay that was killed just now may hold its port for a moment. */
const becomesFree = (port: number): Promise<boolean> =>
  until(async () => !(await isListening(port)), { timeout: PORT_GRACE }).catch(() => false);

/** In ms. */
const PORT_GRACE = 1_000;

async function run(start: Start): Promise<number> {
  const held = await refusal(start);
  if (typeof held === "string") {
    console.error(held);
    return 1;
  }
  try {
    ensureDevVars(start.directory);
    return await supervise(start);
  } finally {
    removeServed(servedPath(start.config, start.port));
    held();
  }
}

/** Keeps a relay running until it is stopped; one that a changed file ends waits for the next. */
async function supervise(start: Start): Promise<number> {
  const first = configProblems(start.config, start.paint);
  if (first.report === null) {
    for (const line of first.lines) console.error(line);
    return 1;
  }
  const state: { relay: RelayProcess | null; stopping: boolean } = { relay: null, stopping: false };
  const stopped = Promise.withResolvers<void>();
  const stop = (signal: NodeJS.Signals): void => {
    state.relay?.signal(state.stopping ? "SIGKILL" : signal);
    state.stopping = true;
    stopped.resolve();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => stop(signal));
  process.once("exit", () => state.relay?.signal("SIGKILL"));
  watchNpm(() => stop("SIGTERM"));
  for (let isFirst = true; ; isFirst = false) {
    const before = configText(start.config);
    const { exit, wasReady, wasChanged } = await runOnce(start, before, (relay) => {
      state.relay = relay;
    });
    // The user ended it: that is no failure.
    if (state.stopping) return 0;
    if (codeOf(exit) !== 0) console.error(`The relay ended (${describeExit(exit)}).`);
    if (codeOf(exit) === 0 || (wasReady ? !wasChanged : isFirst)) return codeOf(exit);
    // A changed file ended it, which may be mended already.
    if (wasReady) continue;
    console.error("It starts again with the next change of wrangler.toml or .dev.vars.");
    await Promise.race([nextChange(start.config, before), stopped.promise]);
    if (state.stopping) return 0;
  }
}

interface Run {
  readonly exit: Exit;
  readonly wasReady: boolean;
  /** Whether the configuration changed while it ran. */
  readonly wasChanged: boolean;
}

async function runOnce(
  start: Start,
  before: string,
  onStart: (relay: RelayProcess) => void,
): Promise<Run> {
  const served = servedPath(start.config, start.port);
  serveConfig(start.config, served);
  const relay = launchRelay({
    config: served,
    port: start.port,
    ip: start.ip,
    persistTo: join(start.directory, ".wrangler", stateFolder(start.port)),
    output: "inherit",
  });
  onStart(relay);
  let [wasReady, wasChanged] = [false, false];
  // When the relay ends before it is ready, wrangler has printed the reason.
  printBanner(relay, start).then(
    () => (wasReady = true),
    () => undefined,
  );
  const unwatch = watchConfig(start.config, before, () => {
    wasChanged = true;
    serveConfig(start.config, served);
    if (wasReady) printChange(relay, start).catch(() => undefined);
  });
  const exit = await relay.exited;
  // The runtime may have outlived wrangler.
  relay.signal("SIGKILL");
  unwatch();
  // Wrangler may end before a change has been seen twice.
  wasChanged ||= configText(start.config) !== before;
  return { exit, wasReady, wasChanged };
}

const nextChange = (path: string, before: string): Promise<void> =>
  new Promise((resolve) => {
    const unwatch = watchConfig(path, before, () => {
      unwatch();
      resolve();
    });
  });

const args = process.argv.slice(2);
const options = startOptions(args, process.env);
const taken = takenByNpm(["port", "ip"], process.env);
if (args.includes("--help") || args.includes("-h")) console.log(START_USAGE);
else if (taken !== null) {
  console.error(taken);
  process.exitCode = 2;
} else if (options.ok) {
  const directory = projectDirectory() ?? ROOT;
  process.exitCode = await run({
    ...options.value,
    directory,
    config: join(directory, "wrangler.toml"),
    paint: painter(process.stdout.isTTY, process.env),
  });
  process.exit();
} else {
  console.error(options.fault);
  process.exitCode = 2;
}
