// `npm run relay -- <command>`: the command line. Exit codes: 0 done, 1 failed, 2 used wrongly.

import { defineCommand, renderUsage, runCommand, type CommandDef } from "citty";
import { nearest } from "../config/senders/nearest.ts";
import { Failure, PROGRAM, UsageError } from "./command.ts";
import { COMMANDS, optionsOf } from "./commands/all.ts";
import { takenByNpm } from "./local/npm-options.ts";
import { painter, plain, withoutColour } from "./paint.ts";

const NAMES = Object.keys(COMMANDS);

const main = defineCommand({
  meta: { name: PROGRAM, description: "Jobrelay's command line" },
  subCommands: { ...COMMANDS },
});

/** What `deploy` passes on besides its own options. */
const WRANGLER_OPTIONS = ["secrets-file", "var", "keep-vars"];

async function run(rawArgs: readonly string[]): Promise<number> {
  const [name] = rawArgs;
  const command = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  const isUnknown = command === undefined && name !== undefined && !name.startsWith("-");
  if ((rawArgs.includes("--help") || rawArgs.includes("-h")) && !isUnknown) {
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
  const taken = takenByNpm([...optionsOf(command), ...WRANGLER_OPTIONS], process.env);
  if (taken !== null) {
    console.error(taken);
    return 2;
  }
  try {
    await runCommand(command, { rawArgs: rawArgs.slice(1) });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return explain(error, name ?? "");
  }
}

/** The usage text of a command, or of all. citty colours it, which only a terminal can show. */
async function usageOf(command: CommandDef | undefined, isTerminal: boolean): Promise<string> {
  const text = await (command === undefined ? renderUsage(main) : renderUsage(command, main));
  return painter(isTerminal, process.env) === plain ? withoutColour(text) : text;
}

/** citty's words about what is missing, as the usage text names it. */
const MISSING = /^Missing required (?:positional )?argument: (\S+)$/;

const plainly = (text: string, command: string): string =>
  text.replace(MISSING, `$1 is missing; ${PROGRAM} ${command} --help says what it is`);

/** Prints an error as a sentence; `JOBRELAY_DEBUG` adds where it was thrown. */
function explain(error: unknown, command: string): number {
  // citty's own errors, about missing arguments and wrong values, have the name `CLIError`.
  const isUsage =
    error instanceof UsageError || (error instanceof Error && error.name === "CLIError");
  const text = plainly(error instanceof Error ? error.message : String(error), command);
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
