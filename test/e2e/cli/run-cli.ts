// The command line as a program of its own: what it prints, and how it ends.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../../src/cli/local/relay-process.ts";
import { until } from "../../support/wait.ts";

/** A run of the command line. */
export interface CliRun {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The exit code. */
  readonly ended: Promise<number | null>;
  /** Resolves once standard output holds the text. */
  printed(text: string): Promise<string>;
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Where a command runs, and what it finds in the environment. */
export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input. */
  readonly input?: string;
  /** Another program, instead of the command line by its file. */
  readonly program?: readonly [string, ...string[]];
}

/** Starts a command. */
export function startCli(args: readonly string[], options: CliOptions = {}): CliRun {
  const { cwd = ROOT, env = {}, input = "" } = options;
  const [program, ...before] = options.program ?? [
    process.execPath,
    join(ROOT, "src", "cli", "relay.ts"),
  ];
  const clean = { ...process.env };
  // What npm tells its scripts is no part of the command line's own environment.
  for (const name of Object.keys(clean)) if (/^(?:npm_|JOBRELAY_)/.test(name)) delete clean[name];
  const child = spawn(program, [...before, ...args], { cwd, env: { ...clean, ...env } });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => void (text.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (text.stderr += chunk.toString()));
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    ended,
    printed: async (wanted) => {
      await until(() => text.stdout.includes(wanted)).catch(() => {
        throw new Error(`"${wanted}" was not printed\n${text.stdout}\n${text.stderr}`);
      });
      return text.stdout;
    },
    end: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}

/** What a command printed, and its exit code. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function runCli(args: readonly string[], options?: CliOptions): Promise<CliResult> {
  const run = startCli(args, options);
  const code = await run.ended;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}
