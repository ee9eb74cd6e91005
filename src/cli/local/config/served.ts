// The configuration that wrangler reads while `npm start` runs: a copy of wrangler.toml beside it.
// Wrangler ends when it meets a file that is half written or no TOML, so it never sees one.

import { closeSync, constants, existsSync, openSync } from "node:fs";
import { readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { readProjectFiles } from "../project-files.ts";

/** The copy; in the same directory, because paths in it are relative to that. */
export const servedPath = (config: string, port: number): string =>
  join(dirname(config), `.wrangler-${port}.toml`);

/**
 * Copies the configuration, if it is TOML; else the copy stays as it was. The copy is not touched
 * when it is the same: wrangler loads it again after each change.
 */
export function serveConfig(config: string, copy: string): void {
  if (!readProjectFiles(config, null).ok) return;
  const text = `${readFileSync(config, "utf8")}\n${secretsLine(config)}`;
  const before = readText(copy);
  if (before?.trimEnd() === text.trimEnd()) return;
  const missing = Buffer.byteLength(before ?? "") - Buffer.byteLength(text);
  writeWhole(copy, `${text}${"\n".repeat(Math.max(0, missing))}`);
}

/**
 * Writes a file by one call, over what it held; `text` is no shorter than that, so it is never seen
 * half written. The file stays the same one: of a file that is replaced a second time, wrangler
 * (4.155) hears nothing more.
 */
function writeWhole(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o644);
  try {
    writeSync(file, Buffer.from(text), 0);
  } finally {
    closeSync(file);
  }
}

/** Changes with .dev.vars: wrangler reads that file whenever this one changes, and else never. */
function secretsLine(config: string): string {
  const secrets = join(dirname(config), ".dev.vars");
  const changed = existsSync(secrets) ? statSync(secrets).mtimeMs : "never";
  return `# .dev.vars changed: ${changed}\n`;
}

/** Removes the copy. */
export const removeServed = (copy: string): void => rmSync(copy, { force: true });

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
