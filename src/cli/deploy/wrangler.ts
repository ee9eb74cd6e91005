// What `deploy` asks of wrangler: the secrets of a Worker, and the deploy itself.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../command.ts";
import { parseDevVars } from "../local/dev-vars.ts";

/** Options of `wrangler deploy` that matter before it runs. */
export interface WantedOptions {
  readonly env: string | null;
  readonly isDryRun: boolean;
  /** Names in the file of `--secrets-file`, which are deployed with the Worker. */
  readonly secretsFile: readonly string[];
}

/** Reads the options; wrangler itself judges them. */
export function wantedOptions(args: readonly string[]): WantedOptions {
  const file = valueOf(args, "--secrets-file");
  return {
    env: valueOf(args, "--env") ?? valueOf(args, "-e") ?? null,
    isDryRun: args.includes("--dry-run"),
    secretsFile: file === undefined ? [] : namesIn(file),
  };
}

function valueOf(args: readonly string[], name: string): string | undefined {
  const inline = args.find((arg) => arg.startsWith(`${name}=`));
  if (inline !== undefined) return inline.slice(name.length + 1);
  const index = args.indexOf(name);
  return index === -1 ? undefined : args[index + 1];
}

/** Names of a file in JSON or in the form of .dev.vars. */
function namesIn(path: string): readonly string[] {
  if (!existsSync(path)) throw new Failure(`${path} does not exist`);
  const text = readFileSync(path, "utf8");
  try {
    return Object.keys(JSON.parse(text) as object);
  } catch {
    return Object.keys(parseDevVars(text));
  }
}

/** The project's own wrangler. */
function wranglerFile(directory: string): string {
  const folders = createRequire(join(directory, "package.json")).resolve.paths("wrangler") ?? [];
  const file = folders
    .map((folder) => join(folder, "wrangler", "bin", "wrangler.js"))
    .find((path) => existsSync(path));
  if (file === undefined) throw new Failure("wrangler is not installed here: npm ci");
  return file;
}

/** Names of the secrets that the deployed Worker has. */
export function secretList(environment: string | null, directory: string): readonly string[] {
  const option = environment === null ? [] : ["--env", environment];
  const args = [wranglerFile(directory), "secret", "list", ...option, "--format", "json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, WRANGLER_HIDE_BANNER: "true" },
  });
  // A Worker that was never deployed has no secrets yet.
  if (status !== 0 && /10007|does not exist|not found/i.test(stdout + stderr)) return [];
  if (status !== 0)
    throw new Failure(
      `The secrets of the Worker cannot be listed: ${errorIn(`${stdout}\n${stderr}`)}`,
    );
  const list = JSON.parse(stdout.slice(stdout.indexOf("["))) as readonly {
    readonly name: string;
  }[];
  return list.map(({ name }) => name);
}

/** The sentence in wrangler's output that says what is wrong. */
function errorIn(output: string): string {
  const line = output.split("\n").find((one) => one.includes("ERROR")) ?? output.trim();
  const escape = String.fromCharCode(27);
  return line
    .replaceAll(new RegExp(`${escape}\\[[0-9;]*m`, "g"), "")
    .replace(/^.*\[ERROR\]\s*/, "")
    .trim();
}

/** What wrangler did: its exit code, and the lines of its machine-readable output. */
export interface WranglerRun {
  readonly code: number;
  readonly outputs: readonly string[];
}

/** Runs wrangler with its output on the terminal. */
export async function runWrangler(
  args: readonly string[],
  directory: string,
): Promise<WranglerRun> {
  const folder = mkdtempSync(join(tmpdir(), "jobrelay-deploy-"));
  const file = join(folder, "output.ndjson");
  try {
    const child = spawn(process.execPath, [wranglerFile(directory), ...args], {
      cwd: directory,
      stdio: "inherit",
      env: { ...process.env, WRANGLER_OUTPUT_FILE_PATH: file },
    });
    const code = await new Promise<number>((resolve) => {
      child.once("error", () => resolve(1));
      child.once("exit", (status) => resolve(status ?? 1));
    });
    return { code, outputs: existsSync(file) ? readFileSync(file, "utf8").split("\n") : [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The addresses of a deployed Worker, as wrangler's output says. */
export function deployedUrls(outputs: readonly string[]): readonly string[] {
  return outputs.flatMap((line) => {
    if (!line.includes('"targets"')) return [];
    const { targets = [] } = JSON.parse(line) as { readonly targets?: readonly string[] };
    return targets.flatMap((target) => {
      const [name = ""] = target.split(" ");
      if (name.includes("*") || name === "") return [];
      return [/^https?:/.test(name) ? name : `https://${name}`];
    });
  });
}
