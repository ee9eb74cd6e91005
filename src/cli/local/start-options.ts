// The options of `npm start`, and the banner that it prints when the relay is up.

import { fault, ok, type Result } from "../../kernel/result.ts";
import type { Paint } from "../paint.ts";

/** The default port, the one of wrangler's documentation. */
const DEFAULT_PORT = 8787;

/** What `npm start -- --help` prints. */
export const START_USAGE = `npm start -- [--port <number>] [--ip <address>]

  --port  the port, by default PORT of the environment, else ${DEFAULT_PORT}
  --ip    the address to listen on, by default localhost
  --help  this text

Each port has its own data: .wrangler/state for ${DEFAULT_PORT}, .wrangler/state-<port> for others.`;

/** Where the relay of a port keeps its data, under `.wrangler`. */
export const stateFolder = (port: number): string =>
  port === DEFAULT_PORT ? "state" : `state-${port}`;

/** Where the relay listens. */
export interface StartOptions {
  readonly port: number;
  /** The address to listen on. */
  readonly ip: string;
}

/** Reads `--port` and `--ip` (or `PORT`); the fault is a message for the user. */
export function startOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<StartOptions, string> {
  let port = env["PORT"] === undefined || env["PORT"] === "" ? String(DEFAULT_PORT) : env["PORT"];
  let ip = "localhost";
  for (let index = 0; index < args.length; index += 1) {
    const [name, inline] = (args[index] ?? "").split("=", 2);
    if (name !== "--port" && name !== "--ip")
      return fault(`unknown option ${args[index] ?? ""}; known are --port, --ip and --help`);
    const value = inline ?? args[(index += 1)];
    if (value === undefined || value === "") return fault(`${name} needs a value`);
    if (name === "--port") port = value;
    else ip = value;
  }
  const number = Number(port);
  if (!/^\d+$/.test(port) || number < 1 || number > 65_535)
    return fault(`port must be a number from 1 to 65535, not ${port}`);
  return ok({ port: number, ip });
}

/** A webhook to paste into a terminal. */
export interface SampleCall {
  readonly source: string;
  readonly guid: string;
  readonly header: string;
  readonly signature: string;
  readonly body: string;
  readonly adminToken: string | null;
}

/** Two commands for a POSIX shell: one sends the sample, one shows the job it made. */
export function sampleCommands(url: string, call: SampleCall): readonly string[] {
  const send = [
    `curl -sS ${url}/hooks/${call.source} \\`,
    `  -H 'content-type: application/json' -H '${call.header}: ${call.signature}' \\`,
    `  -d '${call.body.replaceAll("'", String.raw`'\''`)}'`,
  ];
  if (call.adminToken === null) return send;
  return [
    ...send,
    `curl -sS ${url}/v1/jobs/${call.source}/${call.guid} -H 'authorization: Bearer ${call.adminToken}'`,
  ];
}

/** The banner. `call` is `null` when there is no source that a sample could be signed for. */
export function banner(
  url: string,
  healthy: boolean,
  call: SampleCall | null,
  { adminToken, paint }: { readonly adminToken: string | null; readonly paint: Paint },
): string {
  const lines = [
    "",
    `  ${paint("bold", paint(healthy ? "green" : "yellow", "Jobrelay"))} is ${healthy ? "up" : "up, but not configured well"}`,
    "",
  ];
  lines.push(
    `  console   ${paint("cyan", `${url}/`)}`,
    `  token     ${adminToken ?? paint("yellow", "none: set ADMIN_TOKEN in .dev.vars")}`,
    `  health    ${paint("cyan", `${url}/healthz`)}`,
  );
  if (call !== null) {
    lines.push(
      `  webhooks  ${paint("cyan", `${url}/hooks/${call.source}`)}`,
      "",
      `  ${paint("dim", "Send a signed sample and look at its job:")}`,
      "",
    );
    lines.push(...sampleCommands(url, call));
  }
  lines.push("", `  ${paint("dim", "A whole demonstration: npm run demo. Stop with Ctrl-C.")}`, "");
  return lines.join("\n");
}
