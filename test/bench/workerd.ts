// Workers on raw `workerd serve`: a configuration is written for them, the process started,
// measured and ended.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { until } from "../../src/cli/until.ts";
import { HOST } from "../../src/cli/local/relay-process.ts";

/** A module of a Worker; the first one of a Worker is its entry. */
export interface Module {
  readonly name: string;
  readonly kind: "esModule" | "text" | "data" | "wasm";
  readonly path: string;
}

/**
 * What runs. `objects` are Durable Object classes by the name of their binding; `vars` are text or
 * JSON.
 */
export interface WorkerSpec {
  readonly modules: readonly Module[];
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly objects: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, unknown>>;
}

/** A running `workerd`. */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** The port of the inspector; 0 when it is not open. */
  readonly inspector: number;
  readonly pid: number;
  /** Milliseconds from the start of the process to its first answer. */
  readonly startUp: number;
  /** CPU seconds used so far; `null` where `/proc` does not say. */
  cpu(): number | null;
  /** Resident bytes; `null` where `/proc` does not say. */
  memory(): number | null;
  stop(): Promise<void>;
}

/**
 * Text as Cap'n Proto reads it: JSON's escapes are a subset for everything a configuration holds.
 */
const text = (value: string): string => JSON.stringify(value);

const list = (entries: readonly string[]): string => `[ ${entries.join(",\n    ")} ]`;

/**
 * What a class's objects are named by on disk, beside their own names. Stored files are found by
 * it again, so it never changes; it is the one that `wrangler dev` gives a Worker named jobrelay.
 */
export const uniqueKey = (className: string): string => `jobrelay-${className}`;

/**
 * The configuration: SQLite on disk as in production, and an outbound network that reaches
 * loopback.
 */
function configuration(spec: WorkerSpec, storage: string): string {
  const modules = spec.modules.map(
    ({ name, kind }) => `(name = ${text(name)}, ${kind} = embed ${text(name)})`,
  );
  const classes = Object.values(spec.objects);
  const namespaces = classes.map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(uniqueKey(name))}, enableSql = true)`,
  );
  const bindings = [
    ...Object.entries(spec.objects).map(
      ([name, target]) => `(name = ${text(name)}, durableObjectNamespace = ${text(target)})`,
    ),
    ...Object.entries(spec.vars).map(([name, value]) =>
      typeof value === "string"
        ? `(name = ${text(name)}, text = ${text(value)})`
        : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
    ),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "disk", disk = (path = ${text(storage)}, writable = true))
  ],
  sockets = [ (name = "http", address = "${HOST}:0", http = (), service = "main") ]
);
const worker :Workerd.Worker = (
  modules = ${list(modules)},
  compatibilityDate = ${text(spec.compatibilityDate)},
  compatibilityFlags = ${list(spec.compatibilityFlags.map(text))},
  bindings = ${list(bindings)},
  durableObjectNamespaces = ${list(namespaces)},
  durableObjectStorage = (localDisk = "disk"),
  globalOutbound = "internet"
);
`;
}

/** Where npm puts the runtime's binary: beside the JavaScript that picks it for the platform. */
function binary(): string {
  const require = createRequire(import.meta.url);
  return (require("workerd") as { readonly default: string }).default;
}

/** How to start a Worker. */
export interface Launch {
  /** A path that answers once the Worker is up. */
  readonly ready: string;
  /** Whether to open the inspector, which slows promises down. */
  readonly inspect: boolean;
  /**
   * A directory that keeps the objects' SQLite files; without one they are gone when the Worker
   * stops.
   */
  readonly storage?: string;
  /** Called with what the Worker writes to its log. */
  readonly onLog?: (text: string) => void;
  /** A write past the limit of a file's size fails, and does not end the process. */
  readonly outlivesFileLimit?: boolean;
}

/** Longest time that a Worker may take to answer, in ms. */
const START_TIMEOUT = 20_000;

/**
 * Starts a Worker in a directory of its own below the system's for temporary files. Fails when it
 * does not answer within 20 s.
 */
export async function startWorker(
  spec: WorkerSpec,
  { ready, inspect, storage, onLog, outlivesFileLimit = false }: Launch,
): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), "jobrelay-bench-"));
  const objects = storage ?? join(directory, "objects");
  mkdirSync(objects, { recursive: true });
  for (const { name, path } of spec.modules) cpSync(path, join(directory, name));
  writeFileSync(join(directory, "config.capnp"), configuration(spec, objects));
  const began = performance.now();
  const options = inspect ? [`--inspector-addr=${HOST}:0`] : [];
  const command = [binary(), "serve", "config.capnp", "config", "--control-fd=3", ...options];
  // Only the shell can hand a process an ignored signal.
  const ignoring = ["sh", "-c", 'trap "" XFSZ; exec "$@"', "sh"];
  const [program = "", ...values] = outlivesFileLimit ? [...ignoring, ...command] : command;
  const child = spawn(program, values, {
    cwd: directory,
    stdio: ["ignore", onLog === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  if (onLog !== undefined)
    for (const output of [child.stdout, child.stderr])
      output?.on("data", (chunk: Buffer) => onLog(chunk.toString()));
  const sweep = (): void => {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  process.once("exit", sweep);
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => {
      child.once("exit", resolve);
    });
    if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")) await ended;
    process.off("exit", sweep);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const ports = await listening(child);
    const url = `http://${HOST}:${ports.http}`;
    // A server with much to do at its start may leave a request without an answer for minutes.
    const signal = AbortSignal.timeout(START_TIMEOUT);
    await until(async () => (await fetch(url + ready, { signal })).ok, {
      every: 1,
      timeout: START_TIMEOUT,
      what: `an answer of ${ready}`,
    });
    const startUp = performance.now() - began;
    const pid = child.pid ?? 0;
    return {
      url,
      port: ports.http,
      inspector: ports.inspector,
      pid,
      startUp,
      cpu: () => cpuOf(pid),
      memory: () => memoryOf(pid),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * The ports that workerd reports on the control pipe; throws with its error output when it ends
 * instead.
 */
function listening(
  child: ChildProcess,
): Promise<{ readonly http: number; readonly inspector: number }> {
  const control = child.stdio[3] as Readable;
  let complaints = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-4_000);
  });
  return new Promise((resolve, reject) => {
    let said = "";
    let inspector = 0;
    control.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      for (let end = said.indexOf("\n"); end >= 0; end = said.indexOf("\n")) {
        const message = JSON.parse(said.slice(0, end)) as {
          readonly event: string;
          readonly port?: number;
        };
        said = said.slice(end + 1);
        if (message.event === "listen-inspector") inspector = message.port ?? 0;
        if (message.event === "listen") resolve({ http: message.port ?? 0, inspector });
      }
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`workerd ended before it listened\n${complaints}`)));
  });
}

/**
 * Files that one process may have open. A WebSocket takes two of workerd's, an object three
 * (database, log, shared memory).
 */
export const openFiles = (): number =>
  Number(execFileSync("sh", ["-c", "ulimit -n"]).toString().replace("unlimited", "1000000"));

/**
 * `utime` and `stime` are counted in ticks of 10 ms on every Linux that runs workerd (proc(5),
 * USER_HZ).
 */
const TICKS = 100;

function cpuOf(pid: number): number | null {
  const stat = procFile(pid, "stat");
  // The second field is the name in parentheses and may hold blanks; utime and stime are the 14th
  // and 15th.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields === undefined ? null : (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function memoryOf(pid: number): number | null {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(procFile(pid, "status") ?? "")?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
}

function procFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return null;
  }
}
