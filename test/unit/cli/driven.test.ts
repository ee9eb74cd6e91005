// Every command, action and option of the command line is driven by a test against a running relay.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { REMOTE_ARGS } from "../../../src/cli/command.ts";
import { COMMANDS, optionsOf, WORDS } from "../../../src/cli/commands/all.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "e2e", "cli");

const textOf = (path: string): string => readFileSync(join(FOLDER, path), "utf8");

/** The tests that run on each kind of relay, one text each. */
const SUITE = readdirSync(join(FOLDER, "suite")).flatMap((name) =>
  textOf(join("suite", name)).split(/^\s*test(?:\.each)?\(/m),
);

/** Commands for files and for Cloudflare, which no relay answers, and their tests. */
const OFFLINE: Readonly<Record<string, readonly string[]>> = {
  check: [textOf("check-command.test.ts"), ...SUITE],
  deploy: [textOf("deploy.test.ts")],
};

/** The tests that run a command: it is the first word of a call or of a list. */
const testsOf = (command: string): readonly string[] =>
  (OFFLINE[command] ?? SUITE).filter((text) => new RegExp(`[([]\\s*"${command}"`).test(text));

/** What all commands share: one test of any command is enough. */
const SHARED = new Set(Object.keys(REMOTE_ARGS));

/** Words that are actions; the others are names, of which one stands for all. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  subscribers: WORDS["subscribers"] ?? [],
  sources: WORDS["sources"] ?? [],
};

test.each(["commands.test.ts", "self-hosted.test.ts"])("%s plays the whole suite", (name) => {
  expect(textOf(name)).toMatch(/^(?:const \w+ = )?everyCommand\(/m);
});

describe.each(Object.entries(COMMANDS))("%s", (name, command) => {
  test("is run by a test", () => {
    expect(testsOf(name).length).toBeGreaterThan(0);
  });

  test("is run with each of its options and actions", () => {
    const written = testsOf(name).join("\n");
    const options = optionsOf(command).filter((option) => !SHARED.has(option));
    const isMissing = (option: string): boolean =>
      !written.includes(`"--${option}"`) && !written.includes(`"--no-${option}"`);
    expect(options.filter(isMissing)).toEqual([]);
    const actions = ACTIONS[name] ?? [];
    expect(actions.filter((word) => !written.includes(`"${name}", "${word}"`))).toEqual([]);
  });
});
