// docs/cli.md names every command and every option.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../../src/cli/local/relay-process.ts";

/** What a completion script for fish knows: commands and their options. */
const completion = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const file = join(ROOT, "src", "cli", "relay.ts");
    execFile(process.execPath, [file, "completion", "fish"], (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });

test("every command and every option is described", { timeout: 30_000 }, async () => {
  const page = readFileSync(join(ROOT, "docs", "cli.md"), "utf8");
  const script = await completion();
  const commands = Array.from(
    script.matchAll(/use_subcommand -a (\S+)/g),
    ([, name]) => name ?? "",
  );
  const options = Array.from(script.matchAll(/ -l (\S+)$/gm), ([, name]) => name ?? "");
  expect(commands.length).toBeGreaterThan(15);
  expect(
    commands.filter((name) => !page.includes(`\`${name}`) && !page.includes(`${name} `)),
  ).toEqual([]);
  // `--no-events` is the form in which a person writes that option; `--dry-run` is wrangler's own.
  const named = new Set(options.map((name) => (name === "events" ? "no-events" : name)));
  expect([...named].filter((name) => !page.includes(`--${name}`) && name !== "dry-run")).toEqual(
    [],
  );
});
