// A fresh clone of this repository, and commands that run in it as a newcomer types them.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ROOT } from "../../../src/cli/local/relay-process.ts";
import { until } from "../../support/wait.ts";

/** A clone in a folder of its own. */
export interface Checkout {
  /** Holds the clone and whatever else a newcomer makes. */
  readonly folder: string;
  readonly directory: string;
  readonly remove: () => void;
}

/** Clones what is committed. */
export function cloneHere(): Checkout {
  const folder = mkdtempSync(join(tmpdir(), "jobrelay-newcomer-"));
  const directory = join(folder, "jobrelay");
  execFileSync("git", ["clone", "--quiet", ROOT, directory]);
  return { folder, directory, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The environment of a terminal: nothing of the npm script that runs this, its Node included. */
function terminal(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const clean = { ...process.env, ...more };
  for (const name of Object.keys(clean))
    if (/^(?:npm_|JOBRELAY_|NODE$)/.test(name) && !Object.hasOwn(more, name)) delete clean[name];
  clean["PATH"] = (clean["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules") && !folder.includes("node-gyp-bin"))
    .join(delimiter);
  return clean;
}

/** A command line that was typed. */
export interface Typed {
  readonly output: () => string;
  readonly ended: Promise<number | null>;
  /** Resolves once the output matches. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ends it and what it started. */
  stop(): Promise<void>;
}

/** Longest wait for a line, in ms: an installation is among what may print it. */
const PATIENCE = 600_000;

/** Types a command line into a shell. */
export function type(
  line: string,
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Typed {
  const child = spawn("sh", ["-c", line], {
    cwd: directory,
    env: terminal(env),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => void (text += chunk.toString()));
  const state: { code?: number | null } = {};
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      state.code = code;
      resolve(code);
    });
  });
  const end = (signal: NodeJS.Signals): void => {
    if (state.code !== undefined || child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Already gone.
    }
  };
  const sweep = (): void => end("SIGKILL");
  process.once("exit", sweep);
  void ended.then(() => process.off("exit", sweep));
  return {
    output: () => text,
    ended,
    printed: async (pattern) => {
      const look = (): RegExpExecArray | null => pattern.exec(text);
      await until(() => look() !== null || state.code !== undefined, { timeout: PATIENCE });
      const found = look();
      if (found === null)
        throw new Error(`${line} ended (${state.code}) without ${pattern}\n${text}`);
      return found;
    },
    stop: async () => {
      end("SIGTERM");
      await ended;
    },
  };
}

/** Types a command line that has to end well; answers what it printed. */
export async function typeToEnd(
  line: string,
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const typed = type(line, directory, env);
  const code = await typed.ended;
  if (code !== 0) throw new Error(`${line}: exit code ${code}\n${typed.output()}`);
  return typed.output();
}

/** The commands of the shell block below a heading of a page, without their comments. */
export function commandsBelow(directory: string, page: string, heading: string): readonly string[] {
  const text = readFileSync(join(directory, page), "utf8");
  const block = /^```sh\n([\s\S]*?)^```$/m.exec(text.split(`\n${heading}\n`)[1] ?? "")?.[1] ?? "";
  return block
    .split("\n")
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "");
}
