// `npm run relay -- <command>`: the command line. Exit codes: 0 done, 1 failed, 2 used wrongly.

import { defineCommand, renderUsage, runCommand, type ArgsDef, type CommandDef } from "citty";
import { nearest } from "../config/senders/nearest.ts";
import { PRESETS } from "../ingest/presets/registry.ts";
import { SAMPLE_PROVIDERS } from "../samples/providers.ts";
import { Failure, relayCommand, UsageError } from "./command.ts";
import { check } from "./commands/check.ts";
import { deploy } from "./commands/deploy.ts";
import { doctor } from "./commands/doctor.ts";
import { deliveries, jobs, replay } from "./commands/inspect.ts";
import { secret, token } from "./commands/keys.ts";
import { listen } from "./commands/listen.ts";
import { presets } from "./commands/presets.ts";
import { send, simulate } from "./commands/send.ts";
import { sources } from "./commands/sources.ts";
import { subscribers } from "./commands/subscribers.ts";
import { tail } from "./commands/tail.ts";
import { version } from "./commands/version.ts";
import { wake } from "./commands/wake.ts";
import { completionScript, SHELLS, type CompletedCommand } from "./completion.ts";
import { painter, plain, withoutColour } from "./paint.ts";

const completion = relayCommand({
  name: "completion",
  description: "Print a script that completes commands in a shell",
  args: { shell: { type: "positional", description: "bash | zsh | fish", required: true } },
  run: (args) => {
    const shell = SHELLS.find((one) => one === args.shell);
    if (shell === undefined)
      throw new UsageError(`unknown shell ${args.shell}; known are ${SHELLS.join(", ")}`);
    console.log(completionScript(shell, completedCommands()));
  },
});

// Each command has its own type of arguments; citty's list of commands needs one type for all.
const subCommands = {
  check,
  deploy,
  doctor,
  listen,
  send,
  simulate,
  tail,
  jobs,
  deliveries,
  replay,
  subscribers,
  sources,
  presets,
  secret,
  token,
  wake,
  completion,
  version,
} as unknown as Record<string, CommandDef>;

const NAMES = Object.keys(subCommands);

/** Words that a shell may offer after a command. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  send: [...SAMPLE_PROVIDERS, ...PRESETS.map(({ name }) => name)],
  simulate: [...SAMPLE_PROVIDERS, ...PRESETS.map(({ name }) => name)],
  presets: PRESETS.map(({ name }) => name),
  subscribers: ["pause", "resume", "test"],
  completion: SHELLS,
};

const completedCommands = (): readonly CompletedCommand[] =>
  Object.entries(subCommands).map(([name, { meta, args }]) => ({
    name,
    description: (meta as { readonly description?: string }).description ?? "",
    options: Object.entries((args ?? {}) as ArgsDef)
      .filter(([, { type }]) => type !== "positional")
      .map(([option]) => option),
    words: WORDS[name] ?? [],
  }));

/** What a person types before a command. */
const PROGRAM =
  process.env["npm_lifecycle_event"] === "relay" || process.argv[1]?.endsWith(".ts") === true
    ? "npm run relay --"
    : "jobrelay";

const main = defineCommand({
  meta: { name: PROGRAM, description: "Jobrelay's command line" },
  subCommands,
});

async function run(rawArgs: readonly string[]): Promise<number> {
  const [name] = rawArgs;
  const command =
    name === undefined || !Object.hasOwn(subCommands, name) ? undefined : subCommands[name];
  if (rawArgs.includes("--help") || rawArgs.includes("-h")) {
    console.log(await usageOf(command, process.stdout.isTTY));
    return 0;
  }
  if (name === "--version" || name === "-v") return run(["version"]);
  if (command === undefined) {
    if (name !== undefined) {
      const near = nearest(name, NAMES);
      console.error(
        near === null
          ? `unknown command ${name}; ${PROGRAM} --help lists them`
          : `unknown command ${name}, is ${near} meant?`,
      );
    } else console.error(await usageOf(undefined, process.stderr.isTTY));
    return 2;
  }
  try {
    await runCommand(command, { rawArgs: rawArgs.slice(1) });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return explain(error);
  }
}

/** The usage text of a command, or of all. citty colours it, which only a terminal can show. */
async function usageOf(command: CommandDef | undefined, isTerminal: boolean): Promise<string> {
  const text = await (command === undefined ? renderUsage(main) : renderUsage(command, main));
  return painter(isTerminal, process.env) === plain ? withoutColour(text) : text;
}

/** Prints an error as a sentence; `JOBRELAY_DEBUG` adds where it was thrown. */
function explain(error: unknown): number {
  // citty's own errors, about missing arguments and wrong values, have the name `CLIError`.
  const isUsage =
    error instanceof UsageError || (error instanceof Error && error.name === "CLIError");
  const text = error instanceof Error ? error.message : String(error);
  const isExpected = isUsage || error instanceof Failure;
  console.error(isExpected ? text : `unexpected error: ${text}`);
  if ((process.env["JOBRELAY_DEBUG"] ?? "") !== "" && error instanceof Error)
    console.error(error.stack);
  return isUsage ? 2 : 1;
}

// A reader such as `head` may close the pipe early: that is no failure of the command.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await run(process.argv.slice(2));
// After a failure, open streams would keep the process alive.
if (process.exitCode !== 0) process.exit();
