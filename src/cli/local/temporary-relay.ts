// A relay for a test or a demonstration, with its own directory, port and vars, removed at the end.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "smol-toml";
import { formatDevVars } from "./dev-vars.ts";
import { relayFiles, type RelayVars } from "./relay-config.ts";
import { freePort, isListening, launchRelay, ROOT, type RelayProcess } from "./relay-process.ts";
import { until } from "../until.ts";

/** How a temporary relay differs from the configured one. */
export interface TemporaryRelayOptions {
  readonly vars: RelayVars;
  /** Members that replace those of wrangler.toml: bindings to services, queues and buckets. */
  readonly bindings?: RelayVars;
  /** Configurations of Workers that run beside the relay and that its bindings name. */
  readonly alongside?: readonly string[];
  /** The directory of the objects' data; by default it is in the one that `stop` removes. */
  readonly persistTo?: string;
  readonly port?: number;
}

/** A running temporary relay. */
export interface TemporaryRelay {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly persistTo: string;
  /**
   * Signals wrangler and workerd together and resolves when both are gone. Keeps the data: start
   * again with the same `persistTo`.
   */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the relay and removes its directory, with the data unless `persistTo` was given. */
  stop(): Promise<void>;
  logs(): string;
}

/** Time for wrangler to close its runtime before it is killed, in ms. */
const STOP_GRACE = 5_000;

/** Starts a relay and waits until `/healthz` answers. Several may run at once. */
export async function startTemporaryRelay(options: TemporaryRelayOptions): Promise<TemporaryRelay> {
  const directory = mkdtempSync(join(tmpdir(), "jobrelay-"));
  const persistTo = options.persistTo ?? join(directory, "state");
  const port = options.port ?? (await freePort());
  let relay: RelayProcess;
  try {
    const { alongside = [] } = options;
    const config = writeFiles(directory, options);
    relay = launchRelay({
      config,
      alongside,
      port,
      persistTo,
      output: "capture",
      env: environment(directory),
    });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  // Runs synchronously when the program ends in any way, so that no process stays behind.
  const sweep = (): void => {
    relay.signal("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  process.once("exit", sweep);
  const kill = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    relay.signal(signal);
    await relay.exited;
    await until(async () => !(await isListening(port)), { what: `port ${port} to close` });
  };
  const stop = async (): Promise<void> => {
    const impatience = setTimeout(() => relay.signal("SIGKILL"), STOP_GRACE);
    await kill("SIGTERM");
    clearTimeout(impatience);
    process.off("exit", sweep);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await relay.ready();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: relay.url, port, pid: relay.pid, persistTo, kill, stop, logs: () => relay.logs() };
}

function writeFiles(directory: string, { vars, bindings = {} }: TemporaryRelayOptions): string {
  const wrangler = parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  const files = relayFiles({ ...wrangler, ...bindings }, ROOT, vars);
  const config = join(directory, "wrangler.json");
  mkdirSync(directory, { recursive: true });
  writeFileSync(config, JSON.stringify(files.config, null, 2));
  writeFileSync(join(directory, ".dev.vars"), formatDevVars(files.secrets), { mode: 0o600 });
  return config;
}

/**
 * Puts the files that wrangler shares between its runs into the relay's own directory, and marks
 * the run as CI.
 */
const environment = (directory: string): Readonly<Record<string, string>> => ({
  CI: "true",
  WRANGLER_REGISTRY_PATH: join(directory, "registry"),
  WRANGLER_CI_DISABLE_CONFIG_WATCHING: "true",
});
