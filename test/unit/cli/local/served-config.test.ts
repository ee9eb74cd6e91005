// The copy of wrangler.toml that wrangler reads: always whole, always TOML.

import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeServed, serveConfig, servedPath } from "../../../../src/cli/local/config/served.ts";

let directory = "";
let config = "";
let copy = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "jobrelay-served-"));
  config = join(directory, "wrangler.toml");
  copy = servedPath(config, 8787);
  writeFileSync(config, 'name = "jobrelay"\n');
  serveConfig(config, copy);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The copy without the line that stands for .dev.vars. */
const served = (): string =>
  readFileSync(copy, "utf8").replace(/\n# \.dev\.vars changed: \S+\n+$/, "");

test("it stands beside the file, so that paths in it lead to the same places", () => {
  expect(copy).toBe(join(directory, ".wrangler-8787.toml"));
  expect(served()).toBe('name = "jobrelay"\n');
});

test.each(["[[vars.SOURCES\n", "name = \n", 'a = 1\nname = "jobr'])(
  "it stays as it was while the file is no TOML: %j",
  (text) => {
    writeFileSync(config, text);
    serveConfig(config, copy);
    expect(served()).toBe('name = "jobrelay"\n');
  },
);

test("it follows the next good file", () => {
  writeFileSync(config, 'name = "other"\n');
  serveConfig(config, copy);
  expect(served()).toBe('name = "other"\n');
});

test("it is not touched where nothing has changed: wrangler would load it again", () => {
  utimesSync(copy, 1, 1);
  serveConfig(config, copy);
  expect(statSync(copy).mtimeMs).toBe(1_000);
});

test("it stays the same file, and is never shorter: wrangler would lose it, or see half of it", () => {
  writeFileSync(config, `name = "${"ü".repeat(40)}"\n`);
  serveConfig(config, copy);
  const { ino, size } = statSync(copy);
  writeFileSync(config, `name = "${"u".repeat(40)}"\n`);
  serveConfig(config, copy);
  expect(served()).toBe(`name = "${"u".repeat(40)}"\n`);
  expect(statSync(copy).ino).toBe(ino);
  expect(statSync(copy).size).toBeGreaterThanOrEqual(size);
  utimesSync(copy, 1, 1);
  serveConfig(config, copy);
  expect(statSync(copy).mtimeMs).toBe(1_000);
});

test("it changes with .dev.vars, which wrangler would not read again by itself", () => {
  const before = readFileSync(copy, "utf8");
  writeFileSync(join(directory, ".dev.vars"), "ADMIN_TOKEN=a-secret\n");
  serveConfig(config, copy);
  const after = readFileSync(copy, "utf8");
  expect(after).not.toBe(before);
  expect(served()).toBe('name = "jobrelay"\n');
  expect(after).not.toContain("a-secret");
});

test("it goes with the relay, once or twice", () => {
  removeServed(copy);
  removeServed(copy);
  expect(() => statSync(copy)).toThrow("ENOENT");
});
