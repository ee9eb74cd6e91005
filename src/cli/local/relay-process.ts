// A relay as a child process: `wrangler dev` and its workerd in one process group, which one signal
// ends.

import { spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../until.ts";

/** The repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** Ends wrangler with this process. */
const GUARD = new URL("end-with-parent.ts", import.meta.url).href;

/** The loopback address every local relay listens on. */
export const HOST = "127.0.0.1";

/** How to start `wrangler dev`. */
export interface RelayLaunch {
  readonly config: string;
  /** Configurations of Workers that run beside the relay and that its bindings name. */
  readonly alongside?: readonly string[];
  readonly port: number;
  /** Where objects keep their SQLite files. */
  readonly persistTo: string;
  /** `inherit` prints wrangler's output; `capture` keeps it for `logs()`. */
  readonly output: "inherit" | "capture";
  /** The address to listen on; loopback when left out. */
  readonly ip?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** How a process ended: a code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started relay, ready or not. */
export interface RelayProcess {
  readonly url: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Signals wrangler and workerd together. Does nothing once they have ended. */
  signal(signal: NodeJS.Signals): void;
  /** Everything wrangler and the Worker printed, when captured. */
  logs(): string;
  /**
   * Resolves when `/healthz` answers, with whatever status; throws when the process ends before or
   * 60 s have passed.
   */
  ready(): Promise<void>;
}

/** Without it wrangler waits for keys on a terminal. */
const QUIET_SESSION = "--show-interactive-dev-session=false";

/** Turns off telemetry, network look-ups, prompts and log files outside the project. */
const QUIET = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
} as const;

/** Bundling and a cold start take 2 s, where many others use the cores a minute; in ms. */
const READY_TIMEOUT = 120_000;

/** How much of the latest output is kept, in characters. */
const LOG_LIMIT = 4_000_000;

/** Starts `wrangler dev` without waiting until it answers. */
export function launchRelay(launch: RelayLaunch): RelayProcess {
  const { config, alongside = [], port, persistTo, output, ip = HOST } = launch;
  const wrangler = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
  const configs = [config, ...alongside].flatMap((path) => ["--config", path]);
  const options = [
    ...configs,
    "--port",
    String(port),
    "--ip",
    ip,
    "--inspector-port",
    "0",
    "--persist-to",
    persistTo,
  ];
  const out = output === "inherit" ? "inherit" : "pipe";
  const child = spawn(
    process.execPath,
    ["--import", GUARD, wrangler, "dev", ...options, "--local", QUIET_SESSION],
    {
      cwd: ROOT,
      // The fourth closes with this process.
      stdio: ["ignore", out, out, "pipe"],
      // A group of its own: one signal then reaches workerd too, whatever state wrangler is in.
      // Windows has no groups.
      detached: process.platform !== "win32",
      windowsHide: true,
      env: { ...process.env, ...QUIET, ...launch.env, JOBRELAY_PARENT_PIPE: "3" },
    },
  );
  const logs = capture(child);
  const exited = new Promise<Exit>((resolve) => {
    child.once("error", () => resolve({ code: 1, signal: null }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const url = `http://${isWildcard(ip) ? "localhost" : ip}:${port}`;
  return {
    url,
    pid: child.pid ?? 0,
    exited,
    logs,
    signal: (signal) => signalGroup(child, signal),
    ready: () => answered(`${url}/healthz`, exited, logs),
  };
}

const isWildcard = (ip: string): boolean => ip === "0.0.0.0" || ip === "::" || ip === "*";

function capture(child: ChildProcess): () => string {
  let text = "";
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-LOG_LIMIT);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => text;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(child.pid), "/t", "/f"], {
      stdio: "ignore",
      windowsHide: true,
    });
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Already gone.
  }
}

async function answered(url: string, exited: Promise<Exit>, logs: () => string): Promise<void> {
  const state: { exit?: Exit } = {};
  void exited.then((exit) => (state.exit = exit));
  const look = async (): Promise<boolean> => {
    // After a failed build wrangler waits until a file changes.
    if (state.exit !== undefined || logs().includes("Build failed with")) return true;
    const answer = await fetch(url, { signal: AbortSignal.timeout(LOOK_TIMEOUT) });
    await answer.arrayBuffer();
    return true;
  };
  await until(look, { timeout: READY_TIMEOUT, every: 50, what: `an answer of ${url}` }).catch(
    (error: unknown) => {
      throw new Error(`the relay is not ready\n${logs()}`, { cause: error });
    },
  );
  if (state.exit !== undefined)
    throw new Error(`the relay ended before it was ready (${describeExit(state.exit)})\n${logs()}`);
  if (logs().includes("Build failed with")) throw new Error(`the Worker does not build\n${logs()}`);
}

/**
 * How long one health check may take, in ms: wrangler holds requests until the Worker is built, and
 * a failed build is noticed between two checks.
 */
const LOOK_TIMEOUT = 3_000;

/** Describes an exit: `exit code 1` or a signal. */
export const describeExit = (exit: Exit): string =>
  exit.signal === null ? `exit code ${exit.code ?? "unknown"}` : `signal ${exit.signal}`;

/** Below the ports that systems give to whoever names none (Linux: from 32,768 on). */
const PORTS = { from: 20_000, to: 32_000 } as const;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });

/** Where so many ports in a row are taken, this machine lets nobody listen. */
const MAX_TRIES = 100;

/** Finds a port that no process listens on, and that nobody is given before it is used. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${PORTS.from} to ${PORTS.to} of ${HOST} can be listened on`);
}

/** True when something accepts connections on that port. */
export function isListening(port: number, host: string = HOST): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const end = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
