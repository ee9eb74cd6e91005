// The table of all commands, and what a shell may complete after each.

import type { ArgsDef, CommandDef } from "citty";
import { PRESETS } from "../../ingest/presets/registry.ts";
import { PROVIDER_NAMES } from "../../config/senders/senders.ts";
import { relayCommand, UsageError } from "../command.ts";
import { completionScript, SHELLS, type CompletedCommand } from "../completion.ts";
import { check } from "./check.ts";
import { deploy } from "./deploy.ts";
import { doctor } from "./doctor.ts";
import { deliveries, jobs, replay } from "./inspect.ts";
import { secret, token } from "./keys.ts";
import { listen } from "./listen.ts";
import { presets } from "./presets.ts";
import { send, simulate } from "./send.ts";
import { SOURCE_ACTIONS, sources } from "./sources.ts";
import { ACTIONS, subscribers } from "./subscribers.ts";
import { tail } from "./tail.ts";
import { version } from "./version.ts";
import { wake } from "./wake.ts";

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
export const COMMANDS = {
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
} as unknown as Readonly<Record<string, CommandDef>>;

/** Words that a shell may offer after a command. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  send: PROVIDER_NAMES,
  simulate: PROVIDER_NAMES,
  presets: PRESETS.map(({ name }) => name),
  subscribers: ACTIONS,
  sources: SOURCE_ACTIONS,
  completion: SHELLS,
};

/** The options of a command, without its positional arguments. */
export const optionsOf = ({ args }: CommandDef): readonly string[] =>
  Object.entries((args ?? {}) as ArgsDef)
    .filter(([, { type }]) => type !== "positional")
    .map(([option]) => option);

const completedCommands = (): readonly CompletedCommand[] =>
  Object.entries(COMMANDS).map(([name, command]) => ({
    name,
    description: (command.meta as { readonly description?: string }).description ?? "",
    options: optionsOf(command),
    words: WORDS[name] ?? [],
  }));
