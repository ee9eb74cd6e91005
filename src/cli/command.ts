// What all commands share: options, usage errors and exit codes.

import { defineCommand, type ArgsDef, type CommandContext, type CommandDef } from "citty";
import { nearest } from "../config/senders/nearest.ts";

/** What a person types before a command. */
export const PROGRAM =
  process.env["npm_lifecycle_event"] === "relay" || process.argv[1]?.endsWith(".ts") === true
    ? "npm run relay --"
    : "jobrelay";

/** The command failed: exit code 1. */
export class Failure extends Error {}

/** The relay cannot be reached or cannot answer at present; another try may succeed. */
export class Unavailable extends Failure {}

/** The command was used wrongly: exit code 2. */
export class UsageError extends Error {}

/** Options of every command that calls the relay: its address, and how to print. */
export const REMOTE_ARGS = {
  url: {
    type: "string",
    description: "The relay; or set JOBRELAY_URL; by default http://localhost:8787",
    valueHint: "url",
  },
  token: {
    type: "string",
    description: "Its admin token; better set JOBRELAY_TOKEN, others can see a command line",
    valueHint: "token",
  },
  json: { type: "boolean", description: "Print JSON for scripts", default: false },
} as const satisfies ArgsDef;

/** One command: its name, its options, what it does. */
export interface RelayCommand<T extends ArgsDef> {
  readonly name: string;
  readonly description: string;
  readonly args: T;
  readonly run: (args: CommandContext<T>["args"]) => Promise<void> | void;
}

/** Makes a command that refuses unknown options and arguments. */
export function relayCommand<const T extends ArgsDef>(definition: RelayCommand<T>): CommandDef<T> {
  const { name, description, args, run } = definition;
  return defineCommand<T>({
    meta: { name, description },
    args,
    run: (context) => {
      refuseUnknown(context.args, args);
      return run(context.args);
    },
  });
}

function refuseUnknown(
  given: Readonly<Record<string, unknown>> & { readonly _: readonly string[] },
  known: ArgsDef,
): void {
  const names = new Set([
    "_",
    ...Object.keys(known).flatMap((name) => [name, camelCase(name), kebabCase(name)]),
  ]);
  // First, because the value of an unknown option looks like an argument.
  const unknown = Object.keys(given).find((name) => !names.has(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, Object.keys(known));
    throw new UsageError(
      `unknown option --${unknown}${near === null ? "" : `, is --${near} meant?`}`,
    );
  }
  const positional = Object.values(known).filter(
    (definition) => definition.type === "positional",
  ).length;
  if (given._.length > positional)
    throw new UsageError(`unexpected argument ${given._[positional] ?? ""}`);
}

const camelCase = (name: string): string =>
  name.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase());
const kebabCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Reads an option that has to be a number of at least `least`. */
export function numberOption(name: string, value: string, least = 0): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number < least)
    throw new UsageError(`--${name} must be a number of at least ${least}`);
  return number;
}

/** Splits `source/guid`; a guid may hold slashes. */
export function jobArgument(text: string): { readonly source: string; readonly guid: string } {
  const slash = text.indexOf("/");
  if (slash < 1 || slash === text.length - 1)
    throw new UsageError(`a job is written source/guid, not ${text}`);
  return { source: text.slice(0, slash), guid: text.slice(slash + 1) };
}
