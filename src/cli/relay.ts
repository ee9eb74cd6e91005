// `npm run relay -- <command>`: the command line. Exit codes: 0 done, 1 failed, 2 used wrongly.

import { defineCommand, renderUsage, runCommand, type CommandDef } from "citty";
import { Failure, UsageError } from "./command.ts";
import { check } from "./commands/check.ts";
import { deliveries, jobs, replay } from "./commands/inspect.ts";
import { secret, token } from "./commands/keys.ts";
import { presets } from "./commands/presets.ts";
import { send, simulate } from "./commands/send.ts";
import { tail } from "./commands/tail.ts";
import { wake } from "./commands/wake.ts";
import { painter, plain, withoutColour } from "./paint.ts";

// Each command has its own type of arguments; citty's list of commands needs one type for all.
const subCommands = {
  check,
  secret,
  token,
  send,
  simulate,
  tail,
  jobs,
  deliveries,
  replay,
  presets,
  wake,
} as unknown as Record<string, CommandDef>;

const main = defineCommand({
  meta: { name: "npm run relay --", description: "Jobrelay's command line" },
  subCommands,
});

async function run(rawArgs: readonly string[]): Promise<number> {
  const [name] = rawArgs;
  const command = name === undefined ? undefined : subCommands[name];
  if (rawArgs.includes("--help") || rawArgs.includes("-h")) {
    console.log(await usageOf(command, process.stdout.isTTY));
    return 0;
  }
  if (command === undefined) {
    console.error(await usageOf(undefined, process.stderr.isTTY));
    if (name !== undefined) console.error(`unknown command ${name}`);
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

function explain(error: unknown): number {
  if (!(error instanceof Error)) throw error;
  // citty's own errors, about missing arguments and wrong values, have the name `CLIError`.
  const isUsage = error instanceof UsageError || error.name === "CLIError";
  if (!isUsage && !(error instanceof Failure)) console.error(error.stack);
  else console.error(error.message);
  return isUsage ? 2 : 1;
}

process.exitCode = await run(process.argv.slice(2));
// After a failure, open streams would keep the process alive.
if (process.exitCode !== 0) process.exit();
