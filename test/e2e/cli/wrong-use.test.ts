// What the command line says when it is used wrongly.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../../src/cli/local/relay-process.ts";

/** Runs a script of the command line; resolves with its exit code and what it printed. */
const run = (script: string, ...args: readonly string[]): Promise<readonly [number, string]> =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, "src/cli", script), ...args], (error, out, told) =>
      resolve([typeof error?.code === "number" ? error.code : 0, `${out}${told}`]),
    );
  });

test("an unknown option is named, not its value", async () => {
  expect(await run("relay.ts", "check", "--confg", "x")).toEqual([
    2,
    "unknown option --confg, is --config meant?\n",
  ]);
});

test("a body that does not exist is named", async () => {
  expect(await run("relay.ts", "send", "mux", "/nope", "--source", "videos")).toEqual([
    1,
    expect.stringMatching(/^(?:\/nope does not exist|wrangler\.toml has no source videos)/),
  ]);
});

test("the start explains its options", async () => {
  expect(await run("local/start.ts", "--help")).toEqual([0, expect.stringContaining("--port")]);
});
